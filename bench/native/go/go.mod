module heaptrial/twin

go 1.19
