package apigateway

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// meter sums what is observed, by metric and dimensions.
type meter struct {
	mu   sync.Mutex
	sums map[string]float64
}

func (m *meter) Observe(d cloud.Datum) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := d.Namespace + " " + d.Name + " " + d.Dimensions["ApiName"]
	if stage, ok := d.Dimensions["Stage"]; ok {
		name += "/" + stage
	}
	if method, ok := d.Dimensions["Method"]; ok {
		name += " " + method + " " + d.Dimensions["Resource"]
	}
	if d.Unit == "Count" {
		m.sums[name] += d.Value
	}
}

func TestRequestsAreCountedForTheAPIAndItsStage(t *testing.T) {
	w := start(t, Options{}, map[string]cloud.API{"lambda": functions{"f": func(raw json.RawMessage) (any, error) {
		var event struct{ HTTPMethod string }
		if err := json.Unmarshal(raw, &event); err != nil || event.HTTPMethod == "DELETE" {
			return nil, errors.New("boom")
		}
		return map[string]any{}, nil
	}}}, echo("f"))
	observed := &meter{sums: map[string]float64{}}
	w.cloud.Meter = observed
	w.send(t, "GET", "/orders/1", "")
	w.send(t, "DELETE", "/orders/1", "")
	w.send(t, "GET", "/nowhere", "")
	want := map[string]float64{
		"AWS/ApiGateway Count orders": 3, "AWS/ApiGateway 4XXError orders": 1, "AWS/ApiGateway 5XXError orders": 1,
		"AWS/ApiGateway Count orders/prod": 3, "AWS/ApiGateway 4XXError orders/prod": 1, "AWS/ApiGateway 5XXError orders/prod": 1,
	}
	if !reflect.DeepEqual(observed.sums, want) {
		t.Errorf("observed %v, want %v", observed.sums, want)
	}
}

func TestMethodsAreMeasuredThemselvesWhereTheStageAsksForIt(t *testing.T) {
	resources := strings.Replace(declare("", methodOn(root, "GET", lambdaProxyTo("echo")), methodOn(root, "POST", lambdaProxyTo("echo"))), `"StageName": "prod"`,
		`"MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "MetricsEnabled": true}, {"ResourcePath": "/", "HttpMethod": "POST", "MetricsEnabled": false}], "StageName": "prod"`, 1)
	w := start(t, Options{}, serveEcho(), resources)
	observed := &meter{sums: map[string]float64{}}
	w.cloud.Meter = observed
	w.send(t, "GET", "/", "")
	w.send(t, "POST", "/", "")
	want := map[string]float64{"AWS/ApiGateway Count orders": 2, "AWS/ApiGateway Count orders/prod": 2, "AWS/ApiGateway Count orders/prod GET /": 1}
	for name := range observed.sums {
		if !strings.Contains(name, "Count") {
			delete(observed.sums, name)
		}
	}
	if !reflect.DeepEqual(observed.sums, want) {
		t.Errorf("observed %v, want %v", observed.sums, want)
	}
}
