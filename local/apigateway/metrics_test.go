package apigateway

import (
	"encoding/json"
	"errors"
	"reflect"
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
