// This file holds what integrations have in common: how parameters are prepared,
// and what is told of the HTTP answer.

package integration

import (
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/states/internal/jsontext"
)

// A preparation makes a request out of a task's parameters.
type preparation func(t Task, parameters map[string]any) (map[string]any, error)

// ofObject is for actions whose parameters must be an object.
func ofObject(prepare preparation) func(Task, any) (any, error) {
	return func(t Task, parameters any) (any, error) {
		members, ok := parameters.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("they must be an object, not %s", jsontext.KindOf(parameters))
		}
		return prepare(t, members)
	}
}

// texts prepares members that the API takes as text: any other JSON value is
// sent as its JSON text.
func texts(names ...string) preparation {
	return func(_ Task, parameters map[string]any) (map[string]any, error) {
		request := maps.Clone(parameters)
		for _, name := range names {
			value, given := parameters[name]
			if _, isText := value.(string); !given || isText || value == nil {
				continue
			}
			text, err := jsontext.Encode(value)
			if err != nil {
				return nil, err
			}
			request[name] = text
		}
		return request, nil
	}
}

// withMetadata adds what the optimized integrations tell of the HTTP answer.
func withMetadata(contentType string) func(any) (any, error) {
	return func(result any) (any, error) {
		answer, ok := result.(map[string]any)
		if !ok {
			return result, nil
		}
		return addMetadata(answer, contentType, nil), nil
	}
}

// addMetadata adds SdkHttpMetadata and SdkResponseMetadata to an answer that
// nobody else holds.
func addMetadata(answer map[string]any, contentType string, headers map[string]string) map[string]any {
	id := cloud.UUID()
	single := map[string]any{
		"connection":       "keep-alive",
		"Content-Type":     contentType,
		"Date":             time.Now().UTC().Format(http.TimeFormat),
		"x-amzn-RequestId": id,
	}
	for name, value := range headers {
		single[name] = value
	}
	all := make(map[string]any, len(single))
	for name, value := range single {
		all[name] = []any{value}
	}
	answer["SdkHttpMetadata"] = map[string]any{"AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": float64(http.StatusOK)}
	answer["SdkResponseMetadata"] = map[string]any{"RequestId": id}
	return answer
}
