module slipway.local/shell

go 1.24
