package vtl_test

import (
	"context"
	"fmt"

	"github.com/tradepost-dev/tradepost/local/vtl"
)

// A mapping template of API Gateway, rendered for one request.
func ExampleTemplate_Render() {
	template, err := vtl.Parse(`{"id": "$input.path('$.order.id')", "lines": $input.path('$.order.lines').size()}`)
	if err != nil {
		panic(err)
	}
	result, err := template.Render(context.Background(), vtl.Data{Body: []byte(`{"order": {"id": "o-1", "lines": [1, 2]}}`)})
	fmt.Println(result.Text, err)
	// Output: {"id": "o-1", "lines": 2} <nil>
}
