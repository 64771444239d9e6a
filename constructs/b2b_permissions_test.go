package constructs_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tradepost-dev/tradepost/constructs/b2b"
)

// A partner's session can write and read its inbox and read its outbox.
func TestPartnersSessionIsConfined(t *testing.T) {
	var lines []string
	for _, line := range permissions(pipeline(t)) {
		if role, action, resource := split3(line); role == "Pipeline/SFTP/Users/acme/Role" {
			lines = append(lines, action+" "+resource)
		}
	}
	const bucket = "<Pipeline/Landing/Bucket.Arn>"
	want := []string{
		"s3:AbortMultipartUpload " + bucket + "/inbox/acme/*",
		"s3:DeleteObject " + bucket + "/inbox/acme/*",
		"s3:GetObject " + bucket + "/inbox/acme/*",
		"s3:GetObject " + bucket + "/outbox/acme/*",
		`s3:ListBucket ` + bucket + ` if map[StringLike:map[s3:prefix:[inbox/acme inbox/acme/* outbox/acme outbox/acme/*]]]`,
		"s3:PutObject " + bucket + "/inbox/acme/*",
	}
	slices.Sort(lines)
	if !slices.Equal(lines, want) {
		t.Errorf("got %s\nwant %s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

func TestPartnersDeleteTheirRepliesIfTheyMay(t *testing.T) {
	const line = "Pipeline/SFTP/Users/acme/Role s3:DeleteObject <Pipeline/Landing/Bucket.Arn>/outbox/acme/*"
	if slices.Contains(permissions(pipeline(t)), line) {
		t.Error("by default")
	}
	may := pipelineWith(t, "partners delete replies", func(p *b2b.PipelineProps) { p.PartnersDeleteReplies = true })
	if !slices.Contains(permissions(may), line) {
		t.Error("they may not")
	}
}
