package ssm

import (
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn/cfntest"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAnUpdatedParameterHasAnotherVersion(t *testing.T) {
	c := cloud.New(cloud.Site{Account: "111122223333", Region: "eu-west-1"})
	defer c.Close()
	s := New(c)
	parameter := func(properties string) string {
		return `{"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/shop/colour", ` + properties + `}}`
	}
	stack, err := cfntest.Create(t, c.Site, s.Types(), `"Colour": `+parameter(`"Type": "String", "Value": "red"`))
	if err != nil {
		t.Fatal(err)
	}
	stack.Put(t, "Colour", parameter(`"Type": "StringList", "Value": "green,blue"`))
	if h := stack.Handles["Colour"]; h.Ref != "/shop/colour" || h.Attributes["Value"] != "green,blue" || h.Attributes["Type"] != "StringList" {
		t.Errorf("the resource is %+v", h)
	}
	for name, want := range map[string]string{
		"/shop/colour":   `green,blue`,
		"/shop/colour:2": `green,blue`,
		"/shop/colour:1": ` red `,
		"/shop/colour:3": `ParameterVersionNotFound`,
	} {
		if got := get(t, s, "GetParameter", `{"Name": "`+name+`"}`); !strings.Contains(got, want) {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if err := stack.Try(t, map[string]string{"Colour": parameter(`"Type": "String", "Value": "red", "AllowedPattern": "^[0-9]+$"`)}); err == nil || !strings.Contains(err.Error(), "ParameterPatternMismatchException") {
		t.Errorf("a value that is not allowed: %v", err)
	}
	if got := get(t, s, "GetParameter", `{"Name": "/shop/colour"}`); !strings.Contains(got, "green,blue") {
		t.Errorf("after an update that failed it is %s", got)
	}
	stack.Remove(t, "Colour")
	if got := get(t, s, "GetParameter", `{"Name": "/shop/colour:1"}`); !strings.Contains(got, "ParameterNotFound") {
		t.Errorf("of a parameter that is gone there is %s", got)
	}
}
