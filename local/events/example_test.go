package events_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/events"
)

// Does a rule's pattern match an event?
func Example() {
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	c.Register("events", events.New(c))

	const event = `{"id": "1", "account": "123456789012", "source": "shop", "time": "2026-11-01T00:00:00Z",
		"region": "eu-central-1", "resources": [], "detail-type": "Order placed", "detail": {"amount": 120}}`
	for _, pattern := range []string{
		`{"source": ["shop"], "detail": {"amount": [{"numeric": [">", 100]}]}}`,
		`{"source": [{"prefix": "aws."}]}`,
	} {
		var out struct{ Result bool }
		err := c.Do(context.Background(), c.Administrator(), "events", "TestEventPattern", map[string]string{"EventPattern": pattern, "Event": event}, &out)
		fmt.Println(out.Result, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}
