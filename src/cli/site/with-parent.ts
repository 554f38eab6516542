/** Preloaded into the server: when the command that started it is gone (also by SIGKILL), it stops as if told to. */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
