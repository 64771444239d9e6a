package cfn_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestACallIsToldWhatIsWrongWithPropertiesAsItsServiceTellsIt(t *testing.T) {
	wrong := func(format string, arguments ...any) error {
		return cloud.Errorf(400, "ValidationException", format, arguments...)
	}
	for name, tt := range map[string]struct {
		err    error
		status int
		want   string
	}{
		"what the engine does not honour": {fmt.Errorf("rule r: %w", &cfn.Unsupported{Property: "Targets[0].Arn", Reason: "the local engine has none"}), 501, "NotImplemented: the local engine does not serve the parameter Targets[0].Arn of PutTargets: the local engine has none"},
		"what AWS refuses":                {fmt.Errorf("rule r: %w", cfn.Invalidf("State", "%d%% is none", 5)), 400, "ValidationException: State: 5% is none"},
		"an API's error":                  {fmt.Errorf("rule r: %w", cloud.Errorf(404, "ResourceNotFoundException", "there is none")), 404, "ResourceNotFoundException: there is none"},
		"anything else":                   {errors.New("property 100% wrong"), 400, "ValidationException: 100% wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			got := cloud.AsError(cfn.AsCall("PutTargets", tt.err, wrong))
			if got.Status != tt.status || got.Error() != tt.want {
				t.Errorf("got %d %s, want %d %s", got.Status, got, tt.status, tt.want)
			}
		})
	}
	if err := cfn.AsCall("PutTargets", nil, wrong); err != nil {
		t.Errorf("no error became %v", err)
	}
}
