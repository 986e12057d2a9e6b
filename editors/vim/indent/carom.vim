" Indentation of Carom scripts: four spaces for each open brace.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=CaromIndent() indentkeys=0},0),!^F,o,O
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

if exists('*CaromIndent')
  finish
endif

" The number of opening minus closing braces of a line, without its comment and texts.
function! s:Depth(line) abort
  let code = substitute(a:line, '"[^"]*"', '', 'g')
  let code = substitute(code, '#.*$', '', '')
  return count(code, '{') - count(code, '}')
endfunction

function! CaromIndent() abort
  let before = prevnonblank(v:lnum - 1)
  if before == 0
    return 0
  endif
  let line = getline(before)
  let depth = s:Depth(line)
  " A closing brace at the beginning of a line has already moved that line.
  if line =~# '^\s*}'
    let depth += 1
  endif
  let indent = indent(before) + depth * shiftwidth()
  if getline(v:lnum) =~# '^\s*}'
    let indent -= shiftwidth()
  endif
  return max([indent, 0])
endfunction
