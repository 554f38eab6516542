# Yours to change: read by every new shell, after the lab's own /etc/slipway/bashrc.
