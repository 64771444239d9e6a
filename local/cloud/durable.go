package cloud

import (
	"iter"
	"sync/atomic"
)

// Durable is a resource whose state outlives the engine.
type Durable interface {
	// Revision changes whenever the state does. A resource embeds Changes to
	// have it.
	Revision() uint64

	// Snapshot returns the records that make up the state as it is now. They
	// are encoded as JSON later, while the resource goes on: what they refer
	// to does not change any more.
	Snapshot() iter.Seq[any]

	// Restore takes the records of an earlier run, of which next decodes one
	// at a time and fails with io.EOF after the last. Nobody uses the resource
	// yet. With errors.ErrUnsupported, the
	// resource says that the state is not of what it is today, and is dropped.
	Restore(next func(record any) error) error
}

// Keeper keeps the state of resources from run to run.
type Keeper interface {
	// Keep restores the state of a resource, if an earlier run left some, and
	// saves it from now on.
	Keep(arn string, d Durable) error

	// Forget drops the state of a resource that has been deleted.
	Forget(arn string) error
}

// Keep makes a resource durable, if the engine keeps state. A service calls it
// when it creates a resource that a template declares, before anybody can use it.
func (c *Cloud) Keep(arn string, d Durable) error {
	if c.Keeper == nil {
		return nil
	}
	return c.Keeper.Keep(arn, d)
}

// Forget says that a resource which may be durable has been deleted.
func (c *Cloud) Forget(arn string) error {
	if c.Keeper == nil {
		return nil
	}
	return c.Keeper.Forget(arn)
}

// Changes counts the changes of a Durable. It is ready to use.
type Changes struct{ count atomic.Uint64 }

// Changed says that the state has changed.
func (c *Changes) Changed() { c.count.Add(1) }

// Revision implements Durable.
func (c *Changes) Revision() uint64 { return c.count.Load() }
