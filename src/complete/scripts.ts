export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** What a shell has to read to complete our command lines. It knows nothing itself: each Tab asks `__complete`. */
export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}

/**
 * The words come from the line: bash splits COMP_WORDS at = and : too, and puts in what stands after the last of those.
 * Also for bash 3.2 of macOS, which has neither negative indexes nor compopt.
 */
const BASH = `# bash completion of bdsandbox; to use it: source <(bdsandbox completion bash)
_bdsandbox() {
  local line=\${COMP_LINE:0:COMP_POINT} words current breaks before='' value IFS=$' \\t\\n'
  read -ra words <<<"$line"
  if [[ $line == *[[:blank:]] ]]; then words+=(''); fi
  words=("\${words[@]//[\\"\\']/}")
  current=\${words[\${#words[@]}-1]}
  breaks=\${COMP_WORDBREAKS//[^=:]/}
  if [[ -n $breaks ]]; then before=\${current%"\${current##*["$breaks"]}"}; fi
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "\${current##*=}")
    else
      COMPREPLY+=("\${value#"$before"}")
    fi
  done < <("$1" __complete "\${words[@]:1}" 2>/dev/null </dev/null)
  if [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *[=/:] ]]; then compopt -o nospace 2>/dev/null; fi
  return 0
}
complete -F _bdsandbox bdsandbox
`;

const ZSH = `#compdef bdsandbox
# zsh completion of bdsandbox; to use it: source <(bdsandbox completion zsh)
_bdsandbox() {
  local line value about files=''
  local -a whole begun
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    about=
    if [[ $line == *$'\\t'* ]]; then about=\${line#*$'\\t'}; fi
    if [[ $value == :files ]]; then
      files=1
    elif [[ $value == *[=/] ]]; then
      begun+=("\${value//:/\\\\:}:$about")
    else
      whole+=("\${value//:/\\\\:}:$about")
    fi
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)
  if (( \${#whole} )); then _describe -t values bdsandbox whole; fi
  if (( \${#begun} )); then _describe -t values bdsandbox begun -S ''; fi
  if [[ -n $files ]]; then
    compset -P '--*='
    _files
  fi
}
if (( ! \${+functions[compdef]} )); then
  autoload -Uz compinit && compinit
fi
compdef _bdsandbox bdsandbox
`;

const FISH = `# fish completion of bdsandbox; to use it: bdsandbox completion fish | source
function __bdsandbox_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null </dev/null)
    if test "$line" = ":files"
      __fish_complete_path (string replace -r '^--[^=]*=' '' -- (commandline -ct))
    else
      echo $line
    end
  end
end
complete -c bdsandbox -f -a '(__bdsandbox_complete)'
`;
