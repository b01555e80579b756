import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { otherNode } from '../ci/other-node.mjs';
import { filesBelow } from '../house/files.mjs';
import { ignoredBy, readDockerfile } from './dockerfile.mjs';

/** Carries the Dockerfile of `root` out without an engine. Returns an exit code. */
export function rehearse(root) {
  if (process.getuid?.() !== 0) {
    console.error('without a container engine the rehearsal needs root, to become the image\'s user');
    return 1;
  }
  const stages = readDockerfile(readFileSync(path.join(root, 'Dockerfile'), 'utf8'));
  const work = mkdtempSync(path.join(tmpdir(), 'lockstep-image-'));
  chmodSync(work, 0o755);
  try {
    const context = path.join(work, 'context');
    sendContext(root, context);
    const built = new Map();
    const nodes = new Map();
    for (const stage of stages) {
      const [, major] = /^node:(\d+)\b/.exec(stage.from) ?? [];
      if (!major) throw new Error(`the rehearsal has no Node for ${stage.from}: teach it`);
      if (!nodes.has(major)) nodes.set(major, otherNode(major, path.join(work, `node-${major}`)));
      console.log(`# stage ${stage.name}, from ${stage.from}: Node ${nodes.get(major).version}`);
      built.set(stage.name, carryOut(stage, { context, built, home: path.join(work, `stage-${stage.name}`), node: nodes.get(major) }));
    }
    return runAsItsUser(built.get(stages.at(-1).name), work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What an engine would be sent. Files that are not tracked go too, as they would. */
function sendContext(root, context) {
  const ignored = ignoredBy(readFileSync(path.join(root, '.dockerignore'), 'utf8'));
  for (const file of filesBelow(root, '')) {
    if (!ignored(file)) cpSync(path.join(root, file), path.join(context, file));
  }
}

function carryOut(stage, { context, built, home, node }) {
  const state = { root: home, node, workdir: '/', env: {}, user: undefined, entrypoint: [], command: [] };
  mkdirSync(home, { recursive: true });
  const inside = (file) => path.join(home, path.posix.resolve(state.workdir, file));
  for (const { instruction, text, flags, list } of stage.steps) {
    if (instruction === 'WORKDIR') {
      state.workdir = path.posix.resolve(state.workdir, text);
      mkdirSync(inside('.'), { recursive: true });
    } else if (instruction === 'ENV') {
      for (const pair of list) state.env[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1);
    } else if (instruction === 'USER') state.user = text;
    else if (instruction === 'ENTRYPOINT') state.entrypoint = list;
    else if (instruction === 'CMD') state.command = list;
    else if (instruction === 'COPY') copy(list, flags.from ? built.get(flags.from)?.root : context, inside);
    else if (instruction === 'RUN') runStep(text, state, inside);
    else console.log(`# left to an engine: ${instruction} ${text}`);
  }
  return state;
}

function copy(list, from, inside) {
  if (!from) throw new Error('COPY --from names a stage that does not come before');
  const target = list.at(-1);
  for (const source of list.slice(0, -1)) {
    const file = path.join(from, source);
    if (!existsSync(file)) throw new Error(`COPY ${source}: there is no such file in the context or the stage`);
    const intoFolder = target.endsWith('/') && !statSync(file).isDirectory();
    cpSync(file, intoFolder ? inside(path.posix.join(target, path.basename(source))) : inside(target), { recursive: true, verbatimSymlinks: true });
  }
}

/** npm's steps are done as they stand; what changes the image's own system is left to an engine, and said. */
function runStep(text, state, inside) {
  if (/^install -d /.test(text)) {
    mkdirSync(inside(text.split(/\s+/).at(-1)), { recursive: true });
    return;
  }
  if (!/^npm /.test(text)) {
    if (!/^apt-get /.test(text)) throw new Error(`the rehearsal does not know how to RUN ${text}: teach it`);
    console.log(`# left to an engine: RUN ${text}`);
    return;
  }
  console.log(`$ ${text}`);
  const { status } = spawnSync('sh', ['-c', text], { cwd: inside('.'), env: { ...state.node.env, npm_config_prefer_offline: 'true', ...state.env, NODE_PATH: '' }, stdio: 'inherit' });
  if (status !== 0) throw new Error(`RUN ${text} ended with ${status}`);
}

/** `demo --once` by the image's user: no right to write anywhere in the tree, a temporary folder as the only place. */
function runAsItsUser(image, work) {
  const [uid, gid] = (image.user ?? '').split(':').map(Number);
  if (!Number.isInteger(uid) || uid === 0 || !Number.isInteger(gid) || gid === 0) throw new Error(`USER must be numeric and not root, found "${image.user ?? ''}"`);
  takeWriteRightsAway(image.root);
  const scratch = path.join(work, 'tmp');
  mkdirSync(scratch);
  chownSync(scratch, uid, gid);
  const [program, ...fixed] = image.entrypoint[0] === 'tini' ? image.entrypoint.slice(image.entrypoint.indexOf('--') + 1) : image.entrypoint;
  const mapped = fixed.map((word) => (word.startsWith('/') ? path.join(image.root, word) : word));
  const env = { PATH: image.node.env.PATH, HOME: '/nonexistent', TMPDIR: scratch, NO_COLOR: '1', CI: 'true', ...image.env };
  for (const args of [['version'], ['demo', '--once']]) {
    console.log(`$ ${[program, ...fixed, ...args].join(' ')}   (uid ${uid})`);
    const { status, error } = spawnSync(program, [...mapped, ...args], { cwd: path.join(image.root, image.workdir), uid, gid, env, stdio: 'inherit', timeout: 120_000 });
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${error?.message ?? status}`);
  }
  const written = readdirSync(image.root, { recursive: true }).filter((file) => {
    const found = lstatSync(path.join(image.root, file));
    return found.uid === uid;
  });
  if (written.length > 0) throw new Error(`the run left files in the tree: ${written.slice(0, 5).join(', ')}`);
  const tools = ['typescript', 'jest', 'eslint'].filter((name) => existsSync(path.join(image.root, 'app/node_modules', name)));
  if (tools.length > 0) throw new Error(`tools of the build are in the image: ${tools.join(', ')}`);
  return 0;
}

function takeWriteRightsAway(root) {
  const { status } = spawnSync('chmod', ['-R', 'a-w,a+rX', root], { stdio: 'inherit' });
  if (status !== 0) throw new Error('chmod failed');
}
