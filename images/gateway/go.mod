module slipway.local/gateway

go 1.24
