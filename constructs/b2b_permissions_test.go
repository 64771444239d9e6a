package constructs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
)

// Sessions can write and read inboxes and read outboxes; to whose folders each is
// held, authenticate says.
func TestPartnersSessionsAreConfined(t *testing.T) {
	var lines []string
	for _, line := range permissions(pipeline(t)) {
		if role, action, resource := split3(line); role == "Pipeline/SFTP/SessionRole" {
			lines = append(lines, action+" "+resource)
		}
	}
	const bucket = "<Pipeline/Landing/Bucket.Arn>"
	want := []string{
		"s3:AbortMultipartUpload " + bucket + "/inbox/*",
		"s3:DeleteObject " + bucket + "/inbox/*",
		"s3:GetObject " + bucket + "/inbox/*",
		"s3:GetObject " + bucket + "/outbox/*",
		`s3:ListBucket ` + bucket + ` if map[StringLike:map[s3:prefix:[inbox/* outbox/*]]]`,
		"s3:PutObject " + bucket + "/inbox/*",
	}
	slices.Sort(lines)
	if !slices.Equal(lines, want) {
		t.Errorf("got %s\nwant %s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func TestPartnersDeleteTheirRepliesIfTheyMay(t *testing.T) {
	const line = "Pipeline/SFTP/SessionRole s3:DeleteObject <Pipeline/Landing/Bucket.Arn>/outbox/*"
	if slices.Contains(permissions(pipeline(t)), line) {
		t.Error("by default")
	}
	may := pipelineWith(t, "partners delete replies", func(p *b2b.PipelineProps) { p.PartnersDeleteReplies = true })
	if !slices.Contains(permissions(may), line) {
		t.Error("they may not")
	}
	sessions, _ := may.Plain(may.At("AWS::Lambda::Function", "Pipeline/SFTP/Authenticate").Properties).(map[string]any)["Environment"].(map[string]any)["Variables"].(map[string]any)["SESSIONS"].(string)
	if !strings.Contains(sessions, `"deletesReplies":true`) {
		t.Errorf("authenticate is told %s", sessions)
	}
}
