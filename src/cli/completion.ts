import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What can follow on a path of words, read from the parser itself, so that it cannot fall behind. */
export interface Words {
  /** `assets list`; empty for the program. */
  readonly path: string;
  readonly verbs: readonly { readonly name: string; readonly about: string }[];
  readonly flags: readonly { readonly long: string; readonly about: string; readonly takes: 'nothing' | 'text' | 'source' | 'file' | readonly string[] }[];
  /** It takes names of sources as arguments, or one of these words. */
  readonly argument: 'source' | 'file' | readonly string[] | undefined;
}

export function wordsOf(program: Command): Words[] {
  const found: Words[] = [];
  const visit = (command: Command, path: string): void => {
    const flags = [...command.options, ...(path === '' ? [] : program.options)].filter((option) => option.long !== undefined && option.long !== '--version').map(flagOf);
    const argument = command.registeredArguments[0];
    const name = argument?.name();
    found.push({
      path, verbs: command.commands.map((each) => ({ name: each.name(), about: each.summary() })), flags: [...flags, { long: '--help', about: 'how it is used', takes: 'nothing' }],
      argument: name === 'source' ? 'source' : name === 'file' ? 'file' : name === 'shell' ? SHELLS : undefined,
    });
    for (const each of command.commands) visit(each, `${path} ${each.name()}`.trim());
  };
  visit(program, '');
  return found;
}

function flagOf(option: Option): Words['flags'][number] {
  const long = option.long as string;
  const takes = !option.required && !option.optional ? 'nothing' : option.argChoices ?? (long === '--source' || long === '--why-not' ? 'source' : /<(file|path)>/.test(option.flags) ? 'file' : 'text');
  return { long, about: option.description, takes };
}

export function completionScript(shell: Shell, program: Command, sources: readonly string[]): string {
  const words = wordsOf(program);
  switch (shell) {
    case 'bash': return bash(words, sources);
    case 'zsh': return zsh(words, sources);
    case 'fish': return fish(words, sources);
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const HEAD = (shell: Shell): string => `# Completion of lockstep for ${shell}; printed by \`lockstep completion ${shell}\`. Print it again when sources change.\n`;

/** The longest known path of words before the one that is being typed; flags and their values are passed over. */
function bash(words: readonly Words[], sources: readonly string[]): string {
  const valued = [...new Set(words.flatMap(({ flags }) => flags.filter(({ takes }) => takes !== 'nothing').map(({ long }) => long)))];
  const paths = words.map(({ path, verbs, flags, argument }) => `    ${quoted(path)}) verbs=${quoted(verbs.map(({ name }) => name).join(' '))}; flags=${quoted(flags.map(({ long }) => long).join(' '))}; args=${quoted(argument === 'source' ? sources.join(' ') : argument === 'file' ? '@file' : argument?.join(' ') ?? '')} ;;`);
  const values = unique(words.flatMap(({ flags }) => flags.filter(({ takes }) => takes !== 'nothing').map(({ long, takes }) => `    ${long}) values=${quoted(takes === 'source' ? sources.join(' ') : takes === 'file' ? '@file' : takes === 'text' ? '' : (takes as readonly string[]).join(' '))} ;;`)));
  return `${HEAD('bash')}_lockstep() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" verbs flags args values="" i word skip=""
  _lockstep_words() {
    case "$1" in
${paths.join('\n')}
    *) return 1 ;;
    esac
  }
  _lockstep_words ""
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$word" in
    ${valued.join('|')}) skip=1; continue ;;
    -*) continue ;;
    esac
    if [[ " $verbs " == *" $word "* ]]; then path="\${path:+$path }$word"; _lockstep_words "$path"; fi
  done
  if [[ -n $skip ]]; then
    case "$previous" in
${values.join('\n')}
    esac
    if [[ $values == @file ]]; then COMPREPLY=($(compgen -f -- "$current")); else COMPREPLY=($(compgen -W "$values" -- "$current")); fi
    return
  fi
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$current"))
  elif [[ $args == @file ]]; then COMPREPLY=($(compgen -f -- "$current"))
  else COMPREPLY=($(compgen -W "$verbs $args" -- "$current")); fi
}
complete -o filenames -F _lockstep lockstep
`;
}

const zshText = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

function zsh(words: readonly Words[], sources: readonly string[]): string {
  const cases = words.map(({ path, verbs, flags, argument }) => {
    const list = verbs.length > 0 ? `      verbs=(${verbs.map(({ name, about }) => quoted(`${name}:${about.replaceAll(':', '\\:')}`)).join(' ')})\n` : '';
    const spec = (each: Words['flags'][number]): string => {
      const value = each.takes === 'nothing' ? '' : each.takes === 'source' ? `:source:(${sources.join(' ')})` : each.takes === 'file' ? ':file:_files' : each.takes === 'text' ? ':value:' : `:value:(${(each.takes as readonly string[]).join(' ')})`;
      return quoted(`*${each.long}[${zshText(each.about)}]${value}`);
    };
    const args = argument === 'source' ? quoted(`*:source:(${sources.join(' ')})`) : argument === 'file' ? quoted('*:file:_files') : argument ? quoted(`*:word:(${argument.join(' ')})`) : quoted('*: :');
    return `    ${quoted(path)})\n${list}      specs=(${flags.map(spec).join(' ')}${verbs.length > 0 ? '' : ` ${args}`}) ;;`;
  });
  const valued = [...new Set(words.flatMap(({ flags }) => flags.filter(({ takes }) => takes !== 'nothing').map(({ long }) => long)))];
  return `#compdef lockstep
${HEAD('zsh')}_lockstep_words() {
  verbs=() specs=()
  case "$1" in
${cases.join('\n')}
    *) return 1 ;;
  esac
}
_lockstep() {
  local -a verbs specs
  local path="" word skip="" i
  _lockstep_words ""
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $skip ]]; then skip=""; continue; fi
    case $word in
      ${valued.join('|')}) skip=1; continue ;;
      -*) continue ;;
    esac
    if (( \${#\${(M)verbs:#$word:*}} )); then path="\${path:+$path }$word"; _lockstep_words "$path"; fi
  done
  if (( \${#verbs} )) && [[ $PREFIX != -* && -z $skip ]]; then _describe 'command' verbs; else _arguments -s : $specs; fi
}
compdef _lockstep lockstep
`;
}

function fish(words: readonly Words[], sources: readonly string[]): string {
  const lines = words.flatMap(({ path, verbs, flags, argument }) => {
    const at = `-n ${quoted(`__lockstep_at ${path}`.trim())}`;
    return [
      ...verbs.map(({ name, about }) => `complete -c lockstep ${at} -f -a ${name} -d ${quoted(about)}`),
      ...(argument === 'source' ? sources.map((source) => `complete -c lockstep ${at} -f -a ${quoted(source)} -d source`) : argument === 'file' ? [`complete -c lockstep ${at} -F`] : (argument ?? []).map((word) => `complete -c lockstep ${at} -f -a ${word}`)),
      ...flags.map(({ long, about, takes }) => `complete -c lockstep ${at} -l ${long.slice(2)} -d ${quoted(about)}${takes === 'nothing' ? '' : takes === 'file' ? ' -r -F' : takes === 'text' ? ' -x' : ` -x -a ${quoted(takes === 'source' ? sources.join(' ') : (takes as readonly string[]).join(' '))}`}`),
    ];
  });
  const known = words.filter(({ path }) => path !== '').map(({ path }) => quoted(path)).join(' ');
  return `${HEAD('fish')}function __lockstep_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    if contains -- "$next" ${known}
      set path $next
    end
  end
  test "$path" = "$argv"
end
complete -c lockstep -f
${lines.join('\n')}
`;
}

const unique = (list: readonly string[]): string[] => [...new Map(list.map((line) => [line.trim().split(')')[0], line])).values()];
