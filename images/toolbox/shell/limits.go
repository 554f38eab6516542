package main

import "time"

const (
	// ringBytes of output are kept of each shell, in blocks of blockBytes.
	ringBytes  = 4 << 20
	blockBytes = 64 << 10
	// highWater is the unacknowledged output at which a program is paused; below lowWater it goes on.
	highWater = 512 << 10
	lowWater  = 480 << 10
	// chunk is the largest piece of output in one frame.
	chunk = 32 << 10
	// turn is read from one shell before the others, and everybody's input, get theirs.
	turn = 128 << 10
	// least is read in a turn even when a reader has less room: the kernel gives no more at once.
	least = 4 << 10
	// few bytes at once, outside a flood, are all there is.
	few = 2 << 10
	// flood is output without a calm after which a shell rests between turns: the next one brings more for its trouble.
	flood = 8 << 10
	// little is what goes before a flood: no person types more at once.
	little     = 4 << 10
	maxFrame   = 128 << 10
	maxShells  = 4
	maxClients = 16
	// maxChannels of one link, and connections of one supervisor.
	maxChannels = 4 * maxClients
	maxConns    = 4 * maxClients
	// maxPending is input that a program has not taken yet.
	maxPending = 1 << 20
	// typedAhead is input waiting in the kernel, of the 4096 bytes it holds, at which an interrupt overtakes it.
	typedAhead = 2048
	// maxText is the longest text of a message, in characters.
	maxText = 32_768
	// maxUnread is what may wait for a reader that does not read.
	maxUnread         = 2 << 20
	rememberedRuns    = 4096
	rememberedClients = 256
	// replayLines of output are shown to whoever comes new: a terminal keeps 5,000 and its screen. What goes on for
	// replayWidth bytes without an end counts as a line, too.
	replayLines = 6000
	replayWidth = 512
	// nearby is how far from a cut the beginning of a line is looked for.
	nearby = 8192
	// greatest is the largest whole number that JavaScript tells from its neighbours.
	greatest = 1 << 53

	// confirmAfter is how long a confirmation waits for output to travel with.
	confirmAfter = 50 * time.Millisecond
	redrawAfter  = 50 * time.Millisecond
	// rest is taken between the turns of a flood, which is over after a calm.
	rest = 500 * time.Microsecond
	calm = 10 * time.Millisecond
	// The kernel hands over a flood in pieces of 4 KiB, and needs a moment for the next: so long is waited for it, so many times in a turn.
	refill  = 100 * time.Microsecond
	refills = 16
	// lastGrace lies between hanging a shell up and killing it.
	lastGrace = 2 * time.Second
)
