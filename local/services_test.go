package local

import (
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/wire"
)

// stall is a service with everything that one may offer.
type stall struct {
	cloud.Operations
	defines string
}

func (s stall) Types() []cfn.Type         { return []cfn.Type{cfn.Inert(s.defines, nil)} }
func (s stall) Protocols() wire.Protocols { return wire.Protocols{SigningName: s.defines} }

// rack is a service that has resource types only.
type rack struct{}

func (rack) Types() []cfn.Type { return []cfn.Type{cfn.Inert("Shop::Rack", nil)} }

func TestTwoServicesThatOfferTheSameAreRefused(t *testing.T) {
	for _, row := range []struct {
		name   string
		second service
		want   string
	}{
		{"one resource type", service{"kiosk", stall{defines: "Shop::Stall"}}, "local: stall and kiosk both define Shop::Stall"},
		{"one name", service{"stall", stall{defines: "Shop::Kiosk"}}, "local: two services are called stall"},
		{"nothing", service{"kiosk", stall{defines: "Shop::Kiosk"}}, ""},
		{"types alone", service{"stall", rack{}}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := &Engine{Cloud: cloud.New(cloud.Site{}), parts: newParts()}
			defer e.Cloud.Close()
			if err := e.add(service{"stall", stall{defines: "Shop::Stall"}}); err != nil {
				t.Fatal(err)
			}
			err := e.add(row.second)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// A service's protocols say nothing without an API to call.
func TestEveryServiceWithProtocolsHasAnAPI(t *testing.T) {
	e := everyService(t)
	for name := range e.protocols {
		if !e.Cloud.Has(name) {
			t.Errorf("%s has protocols and no API", name)
		}
	}
}

// everyService is an engine that has its services, and runs nothing.
func everyService(t *testing.T) *Engine {
	t.Helper()
	e := &Engine{Cloud: cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"}), parts: newParts(), logs: t.TempDir()}
	t.Cleanup(e.Cloud.Close)
	for _, s := range e.services(Options{}, nil) {
		if err := e.add(s); err != nil {
			t.Error(err)
		}
	}
	return e
}
