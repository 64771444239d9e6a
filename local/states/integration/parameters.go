// This file holds what integrations have in common: how parameters are prepared,
// and what is told of the HTTP answer.

package integration

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
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

// withMetadata adds what the optimized integrations tell of the HTTP answer.
func withMetadata(contentType string) func(any) (any, error) {
	return func(result any) (any, error) {
		answer, ok := result.(*jsonvalue.Object)
		if !ok {
			return result, nil
		}
		return addMetadata(answer, contentType, nil), nil
	}
}

// addMetadata adds SdkHttpMetadata and SdkResponseMetadata to an answer that
// nobody else holds.
func addMetadata(answer *jsonvalue.Object, contentType string, headers map[string]string) *jsonvalue.Object {
	id := cloud.UUID()
	headers = maps.Clone(headers)
	if headers == nil {
		headers = map[string]string{}
	}
	if headers["Connection"] == "" { // which some services spell with a capital
		headers["connection"] = "keep-alive"
	}
	headers["Content-Type"] = contentType
	headers["Date"] = time.Now().UTC().Format(http.TimeFormat)
	headers["x-amzn-RequestId"] = id
	single, all := jsonvalue.NewObject(len(headers)), jsonvalue.NewObject(len(headers))
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		single.Set(name, headers[name])
		all.Set(name, []any{headers[name]})
	}
	call := jsonvalue.NewObject(3).Set("AllHttpHeaders", all).Set("HttpHeaders", single).Set("HttpStatusCode", float64(http.StatusOK))
	return answer.Set("SdkHttpMetadata", call).Set("SdkResponseMetadata", jsonvalue.NewObject(1).Set("RequestId", id))
}
