package simulation

// What tests look at from outside.
var (
	Shrink = shrink
	Mains  = Options.mains

	Redelivered = redelivered
)
