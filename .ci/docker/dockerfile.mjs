/** The instructions of a Dockerfile, stage by stage: `{ name, from, steps: [{ instruction, text, flags, list }] }`. Knows what ours uses, and refuses the rest. */
export function readDockerfile(text) {
  const stages = [];
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line)).join('\n').replace(/\\\n/g, ' ').split('\n').map((line) => line.trim()).filter(Boolean);
  for (const line of lines) {
    const [, instruction, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (!instruction) throw new Error(`not understood: ${line}`);
    if (instruction === 'FROM') {
      const [, from, name] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? [];
      stages.push({ from, name: name ?? String(stages.length), steps: [] });
      continue;
    }
    if (stages.length === 0) throw new Error(`${instruction} stands before the first FROM`);
    if (!['RUN', 'COPY', 'WORKDIR', 'ENV', 'USER', 'ENTRYPOINT', 'CMD', 'LABEL', 'VOLUME', 'EXPOSE', 'HEALTHCHECK'].includes(instruction)) throw new Error(`the rehearsal does not know ${instruction}: teach it`);
    const flags = {};
    let words = rest;
    for (let match; (match = /^--([a-z-]+)=(\S+)\s+/.exec(words));) {
      flags[match[1]] = match[2];
      words = words.slice(match[0].length);
    }
    stages.at(-1).steps.push({ instruction, text: words, flags, list: words.startsWith('[') ? JSON.parse(words) : words.split(/\s+/) });
  }
  return stages;
}

/** The files of a context that `.dockerignore` lets through: patterns in order, the last that fits decides; `!` takes back. */
export function ignoredBy(text) {
  const rules = text.split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('#')).map((line) => {
    const back = line.startsWith('!');
    const pattern = (back ? line.slice(1) : line).replace(/^\/|\/$/g, '');
    const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*\*\//g, '\u0000').replace(/\*\*/g, '\u0001').replace(/\*/g, '[^/]*').replace(/\u0000/g, '(?:.*/)?').replace(/\u0001/g, '.*');
    return { back, fits: new RegExp(`^${source}(?:/.*)?$`) };
  });
  return (file) => rules.reduce((ignored, { back, fits }) => (fits.test(file) ? !back : ignored), false);
}
