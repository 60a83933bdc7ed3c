module example.org/p2p-echo

go 1.19
