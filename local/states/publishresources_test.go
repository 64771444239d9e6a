package states

// This file declares versions and aliases in templates.

import (
	"strings"
	"testing"
)

func versionOf(revision string) string {
	return `{"Type": "AWS::StepFunctions::StateMachineVersion", "Properties": {"StateMachineArn": {"Ref": "M"}, "StateMachineRevisionId": ` + revision + `}}`
}

func aliasOf(properties string) string {
	return `{"Type": "AWS::StepFunctions::StateMachineAlias", "Properties": {"Name": "live", ` + properties + `}}`
}

func TestATemplatePublishesVersionsAndMovesAnAliasInPlace(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		const revision = `{"Fn::GetAtt": ["M", "StateMachineRevisionId"]}`
		s := w.stack(t, `"M": `+machineOf(passing, "r", "")+`, "V": `+versionOf(revision)+`, "A": `+aliasOf(`"RoutingConfiguration": [{"StateMachineVersionArn": {"Ref": "V"}, "Weight": 100}]`))
		arn := s.Ref("M")
		if s.Ref("V") != arn+":1" || s.Ref("A") != arn+":live" || s.Handles["A"].Attributes["Arn"] != s.Ref("A") || s.Handles["V"].Attributes["Arn"] != s.Ref("V") {
			t.Errorf("made %s and %s", s.Ref("V"), s.Ref("A"))
		}
		created := w.mustCall("DescribeStateMachineAlias", map[string]any{"stateMachineAliasArn": s.Ref("A")})["creationDate"]
		s.Put(t, "W", versionOf(`"INITIAL"`)) // the same revision, so the same version
		if s.Ref("W") != arn+":1" {
			t.Errorf("made %s", s.Ref("W"))
		}
		w.mustCall("UpdateStateMachine", map[string]any{"stateMachineArn": arn, "definition": saying("two"), "publish": true})
		s.Put(t, "A", aliasOf(`"Description": "moved", "DeploymentPreference": {"Type": "ALL_AT_ONCE", "StateMachineVersionArn": "`+arn+`:2"}`))
		a := w.mustCall("DescribeStateMachineAlias", map[string]any{"stateMachineAliasArn": s.Ref("A")})
		routes := a["routingConfiguration"].([]any)
		if len(routes) != 1 || routes[0].(map[string]any)["stateMachineVersionArn"] != arn+":2" || a["description"] != "moved" || a["creationDate"] != created {
			t.Errorf("the alias is %v", a)
		}
		for name, refused := range map[string]string{
			"DeploymentPreference.Type":   aliasOf(`"DeploymentPreference": {"Type": "SLOWLY", "StateMachineVersionArn": {"Ref": "V"}, "Percentage": 10, "Interval": 1}`),
			"RoutingConfiguration":        aliasOf(`"Description": "nothing"`),
			"must contain state machine ": aliasOf(`"RoutingConfiguration": [{"StateMachineVersionArn": "` + arn + `:9", "Weight": 100}]`),
		} {
			if err := s.Try(t, map[string]string{"A": refused}); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
		s.Remove(t, "A")
		if aliases := w.mustCall("ListStateMachineAliases", map[string]any{"stateMachineArn": arn})["stateMachineAliases"].([]any); len(aliases) != 0 {
			t.Errorf("there are %v", aliases)
		}
		s.Remove(t, "V", "W")
		if versions := w.mustCall("ListStateMachineVersions", map[string]any{"stateMachineArn": arn})["stateMachineVersions"].([]any); len(versions) != 1 {
			t.Errorf("there are %v", versions)
		}
	})
}
