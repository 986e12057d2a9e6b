" Carom: comments, indentation, and formatting of whole files by `carom fmt`.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal commentstring=#\ %s
setlocal comments=:##,:#
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal suffixesadd=.carom
setlocal include=^\\s*use\\s

" :CaromFormat leaves a text with syntax errors unchanged and shows the errors.
command! -buffer CaromFormat call s:Format()

function! s:Format() abort
  let l:result = systemlist('carom fmt -', getline(1, '$'))
  if v:shell_error
    echohl ErrorMsg | echo join(l:result, "\n") | echohl None
    return
  endif
  let l:view = winsaveview()
  call setline(1, l:result)
  if line('$') > len(l:result)
    call deletebufline('%', len(l:result) + 1, '$')
  endif
  call winrestview(l:view)
endfunction

let b:undo_ftplugin = 'setlocal commentstring< comments< expandtab< shiftwidth< softtabstop< suffixesadd< include<'
      \ . ' | delcommand -buffer CaromFormat'
