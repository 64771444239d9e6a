package lambda_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatTheRoleMayNotLetBeSeenIsSaidInTheLogThatAWSWouldNotHave(t *testing.T) {
	const (
		named  = `{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:eu-central-1:123456789012:log-group:mine:*"}`
		usual  = `{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/worker:*"}`
		traces = `{"Effect": "Allow", "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"}`
	)
	for _, tt := range []struct {
		name, statements, properties string
		refused                      []string
	}{
		{"a log and traces that the role permits", named + "," + traces, `, "LoggingConfig": {"LogGroup": "mine", "LogFormat": "Text"}, "TracingConfig": {"Mode": "Active"}`, nil},
		{"the log group that a function has by itself", usual, `, "TracingConfig": {"Mode": "PassThrough"}`, nil},
		{"another log group", usual, `, "LoggingConfig": {"LogGroup": "mine"}`, []string{"logs:CreateLogStream", "logs:PutLogEvents"}},
		{"traces", usual, `, "TracingConfig": {"Mode": "Active"}`, []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEngine(t, nil)
			e.mustCreate(t, role(tt.statements)+","+function(tt.properties))
			group := `"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/worker"`
			if strings.Contains(tt.properties, "mine") {
				group = `"AWS_LAMBDA_LOG_GROUP_NAME=mine"`
			}
			if got := e.invoke(t, `{"Do":"env"}`); got.FunctionError != "" || !strings.Contains(string(got.Payload), group) {
				t.Errorf("got %s, want %s", got.Payload, group)
			}
			text, err := os.ReadFile(filepath.Join(e.logs, "app-Worker.log"))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), "On AWS nobody would see this"); n != len(tt.refused) {
				t.Errorf("%d refusals in\n%s", n, text)
			}
			for _, action := range tt.refused {
				if !strings.Contains(string(text), "is not authorized to perform: "+action+" on resource: ") {
					t.Errorf("no %s in\n%s", action, text)
				}
			}
		})
	}
}
