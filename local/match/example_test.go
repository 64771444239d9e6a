package match_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
	"github.com/tradepost-dev/tradepost/local/match"
)

// Does a pattern match what a message says?
func ExampleDialect_Compile() {
	filters := match.Dialect{MaxNumber: 1e9}
	order := jsonvalue.NewObject(3).Set("kind", "order").Set("total", 150.0).Set("tags", []any{"rush", "new"})
	for _, text := range []string{`{"total": [{"numeric": [">", 100]}], "tags": ["rush"]}`, `{"kind": [{"prefix": "ref"}]}`, `{"kind": [{"like": "o"}]}`} {
		pattern, err := filters.Compile(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(pattern.Matches(order))
	}
	// Output:
	// true
	// false
	// Unrecognized match type like
	//  at [Source: (String)"{"kind": [{"like": "o"}]}"; line: 1, column: 21]
}
