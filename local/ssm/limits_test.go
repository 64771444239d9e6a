package ssm

// This file is about how much the store takes, how long it may be, and who may be
// there at once.

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
)

func TestAnAccountHasRoomForSoManyParameters(t *testing.T) {
	s := empty(t)
	steps(t, s, [][3]string{{"PutParameter", `{"Name": "/n0", "Value": "x", "Type": "String"}`, `"Version":1`}})
	for i := 1; len(s.parameters) < maxParameters-1; i++ {
		s.parameters[fmt.Sprint("/n", i)] = s.called("/n0")
	}
	steps(t, s, [][3]string{{"PutParameter", `{"Name": "/last", "Value": "x", "Type": "String"}`, `"Version":1`}})
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/more", "Value": "x", "Type": "String"}`, "ParameterLimitExceeded"},
		{"PutParameter", `{"Name": "/n0", "Value": "y", "Overwrite": true}`, `"Version":2`},
		{"DeleteParameter", `{"Name": "/n0"}`, `{}`},
		{"PutParameter", `{"Name": "/more", "Value": "x", "Type": "String"}`, `"Version":1`},
	})
}

// A value's size counts in characters.
func TestValuesFitTheirTiers(t *testing.T) {
	s := empty(t)
	put := func(name, tier, of string, size int, want string) {
		t.Helper()
		steps(t, s, [][3]string{{"PutParameter", fmt.Sprintf(`{"Name": %q, "Value": %q, "Type": "String", "Tier": %q}`, name, strings.Repeat(of, size), tier), want}})
	}
	put("/a", "Standard", "ä", 4096, `"Tier":"Standard"`)
	put("/b", "Standard", "ä", 4097, "of 4096 characters")
	put("/c", "Intelligent-Tiering", "x", 4096, `"Tier":"Standard"`)
	put("/d", "Intelligent-Tiering", "x", 4097, `"Tier":"Advanced"`)
	put("/e", "Advanced", "ä", 8192, `"Tier":"Advanced"`)
	put("/f", "Advanced", "x", 8193, "of 8192 characters")
	steps(t, s, [][3]string{
		{"PutParameter", `{"Name": "/g", "Value": "x", "Type": "String", "Description": "` + strings.Repeat("d", 1024) + `"}`, `"Version":1`},
		{"PutParameter", `{"Name": "/h", "Value": "x", "Type": "String", "Description": "` + strings.Repeat("d", 1025) + `"}`, "at 'description' failed"},
		{"PutParameter", `{"Name": "/i", "Value": "x", "Type": "String", "AllowedPattern": "` + strings.Repeat("x?", 513) + `"}`, "at 'allowedPattern' failed"},
	})
}

// What is wrong with locks the race detector sees.
func TestParametersArePutWhileATemplateMakesThem(t *testing.T) {
	s := empty(t)
	var putting sync.WaitGroup
	for range 2 {
		putting.Go(func() {
			for range 20 {
				steps(t, s, [][3]string{{"PutParameter", `{"Name": "/a", "Value": "1", "Type": "String", "Overwrite": true}`, `"Version"`}})
			}
		})
	}
	stack, err := cfntest.Create(t, s.cloud.Site, s.Types(), resource("P", `"Name": "/p", "Type": "String", "Value": "1"`))
	if err != nil {
		t.Fatal(err)
	}
	stack.Put(t, "P", `{"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/p", "Type": "String", "Value": "2"}}`)
	putting.Wait()
	steps(t, s, [][3]string{{"GetParameter", `{"Name": "/a"}`, `"Version":40}`}, {"GetParameter", `{"Name": "/p"}`, `"Version":2}`}})
}

func TestAStackDeletesNoParameterButItsOwn(t *testing.T) {
	s := empty(t)
	stack, err := cfntest.Create(t, s.cloud.Site, s.Types(), resource("P", `"Name": "/p", "Type": "String", "Value": "1"`))
	if err != nil {
		t.Fatal(err)
	}
	steps(t, s, [][3]string{
		{"DeleteParameter", `{"Name": "/p"}`, ""},
		{"PutParameter", `{"Name": "/p", "Value": "by hand", "Type": "String"}`, `"Version":1`},
	})
	stack.Remove(t, "P")
	steps(t, s, [][3]string{{"GetParameter", `{"Name": "/p"}`, `"Value":"by hand"`}})
}
