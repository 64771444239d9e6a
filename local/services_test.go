package local

import (
	"cmp"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
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

// A service's protocols say nothing without an API to call, but for routes that serve
// their requests themselves.
func TestEveryServiceWithProtocolsHasAnAPI(t *testing.T) {
	e := everyService(t)
	called := func(r wire.Route) bool { return r.Serve == nil }
	for name, protocols := range e.protocols {
		if !e.Cloud.Has(name) && (protocols.REST == nil || slices.ContainsFunc(protocols.REST.Routes, called)) {
			t.Errorf("%s has protocols and no API", name)
		}
	}
}

// A member that a request has no place for would be ignored, however it is sent: what
// has no body must have all of them in its address and its headers.
func TestARequestHasAPlaceForEveryMemberOfItsInput(t *testing.T) {
	e := everyService(t)
	for service, protocols := range e.protocols {
		if protocols.REST == nil {
			continue
		}
		for _, route := range protocols.REST.Routes {
			if route.Serve != nil { // which reads its request itself
				continue
			}
			input := e.Cloud.Input(service, route.Action)
			if input == nil {
				t.Errorf("%s: no service has %s of %s", route.Pattern, route.Action, service)
				continue
			}
			placed := slices.Collect(maps.Values(route.Headers))
			for _, label := range regexp.MustCompile(`{(\w+)\+?}`).FindAllStringSubmatch(route.Pattern, -1) {
				placed = append(placed, label[1])
			}
			for _, name := range route.Query {
				placed = append(placed, cmp.Or(route.Renamed[name], name))
			}
			bodiless := strings.HasPrefix(route.Pattern, "GET ") || strings.HasPrefix(route.Pattern, "DELETE ")
			if route.Others != "" {
				placed = append(placed, route.Others)
			}
			if route.Payload != "" && !bodiless { // of a request
				placed = append(placed, route.Payload)
			}
			members := slices.DeleteFunc(membersOf(input), func(name string) bool { return e.Cloud.Effect(service, route.Action, name) == cloud.Refused })
			for _, name := range placed {
				if !slices.Contains(members, name) {
					t.Errorf("%s (%s): the input has no member %s", route.Pattern, route.Action, name)
				}
			}
			for _, name := range members {
				if (bodiless || route.Payload != "") && !slices.Contains(placed, name) {
					t.Errorf("%s (%s): a request has no place for %s", route.Pattern, route.Action, name)
				}
			}
		}
	}
}

// membersOf are the names of a type's members in JSON.
func membersOf(input reflect.Type) []string {
	var members []string
	for _, field := range reflect.VisibleFields(input) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.IsExported() && !field.Anonymous && name != "-" {
			members = append(members, cmp.Or(name, field.Name))
		}
	}
	return members
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
