// This file prepares parameters.

package integration

import (
	"fmt"

	"github.com/tradepost-dev/tradepost/local/jsonvalue"
)

// A preparation makes a request out of a task's parameters.
type preparation func(t Task, parameters *jsonvalue.Object) (*jsonvalue.Object, error)

// ofObject is for actions whose parameters must be an object.
func ofObject(prepare preparation) func(Task, Document) (any, error) {
	return func(t Task, parameters Document) (any, error) {
		members, ok := parameters.Value.(*jsonvalue.Object)
		if !ok {
			return nil, fmt.Errorf("they must be an object, not %s", jsonvalue.KindOf(parameters.Value))
		}
		return prepare(t, members)
	}
}

// texts prepares members that the API takes as text: any other JSON value is
// sent as its JSON text.
func texts(names ...string) preparation {
	return func(_ Task, parameters *jsonvalue.Object) (*jsonvalue.Object, error) {
		request := parameters.Clone()
		for _, name := range names {
			value, given := parameters.Get(name)
			if _, isText := value.(string); !given || isText || value == nil {
				continue
			}
			text, err := jsonvalue.Encode(value)
			if err != nil {
				return nil, err
			}
			request.Set(name, text)
		}
		return request, nil
	}
}
