package apigateway

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

func BenchmarkInvoke(b *testing.B) {
	services := map[string]cloud.API{
		"lambda": fake(func(cloud.Caller, string, json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage(`{"StatusCode":200,"Payload":{"statusCode":202,"body":"{}"}}`), nil
		}),
		"dynamodb": fake(func(cloud.Caller, string, json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage(`{"Item": {"email": {"S": "a@b"}}}`), nil
		}),
	}
	for name, resources := range map[string]string{
		"LambdaProxy": echo("f"),
		"DynamoDB": orders(mappedTo("dynamodb:action/GetItem", `{"TableName": "t", "Key": {"id": {"S": "$util.escapeJavaScript($input.params('id'))"}}}`,
			`, "IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"application/json": "{\"email\": $input.json('$.Item.email.S')}"}}]`)),
	} {
		b.Run(name, func(b *testing.B) {
			w := start(b, Options{}, services, resources)
			input := json.RawMessage(`{"ApiEndpoint": "` + w.apiID() + `.execute-api.eu-west-1.amazonaws.com", "Stage": "prod", "Path": "/orders/7", "Method": "GET"}`)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.cloud.Call(b.Context(), site().Administrator(), "execute-api", "Invoke", input); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a request with a key costs beside one key, and beside all that an
// account may have.
func BenchmarkKey(b *testing.B) {
	for _, keys := range []int{1, maxKeys} {
		b.Run(strconv.Itoa(keys), func(b *testing.B) {
			w := start(b, Options{}, serveEcho(), metered("", `"ApiKeyRequired": true, `, `"Quota": {"Limit": 1000000000, "Period": "DAY"},`, onProd))
			file := &strings.Builder{}
			file.WriteString("name,key,usageplanids\n")
			for i := range keys - len(w.keys.byID) {
				fmt.Fprintf(file, "partner-%05d,value-of-partner-%05d,%s\n", i, i, w.planID())
			}
			if err := w.cloud.Do(b.Context(), site().Administrator(), "apigateway", "ImportApiKeys", importAPIKeysInput{file.String(), true, "csv"}, nil); err != nil {
				b.Fatal(err)
			}
			input := json.RawMessage(`{"ApiEndpoint": "` + w.apiID() + `.execute-api.eu-west-1.amazonaws.com", "Stage": "prod", "Path": "/", "Method": "GET", "Headers": {"x-api-key": "` + acmeKey + `"}}`)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.cloud.Call(b.Context(), site().Administrator(), "execute-api", "Invoke", input); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
