package jsonvalue_test

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// What is not touched comes out as it went in.
func Example() {
	value, err := jsonvalue.Decode([]byte(`{"total": 10.00, "id": 12345678901234567890, "by": {"name": "Ada"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	order := value.(*jsonvalue.Object).Clone()
	order.Set("paid", true)
	text, err := jsonvalue.Encode(order)
	fmt.Println(text, err)
	// Output: {"total":10.00,"id":12345678901234567890,"by":{"name":"Ada"},"paid":true} <nil>
}
