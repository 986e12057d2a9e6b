autocmd BufRead,BufNewFile *.carom setfiletype carom
