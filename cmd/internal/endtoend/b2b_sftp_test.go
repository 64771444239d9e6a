package endtoend

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/crypto/ssh"

	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

func TestAFileRenamedWhenCompleteIsProcessedOnce(t *testing.T) {
	t.Parallel()
	acme := desk.Partners["acme"]
	if err := acme.Upload(deadline(t), "renamed.xml.filepart", strings.NewReader(batch(record("renamed-1", "x")))); err != nil {
		t.Fatal(err)
	}
	client, err := acme.Dial(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Rename("/inbox/renamed.xml.filepart", "/inbox/renamed.xml"); err != nil {
		t.Fatal(err)
	}
	wantTotals(t, reply(t, acme, "renamed.xml", ""), 1, 0, 0, 0)
	if _, err := client.Stat("/outbox/renamed.xml.filepart" + contract.ReplySuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary name has a reply: %v", err)
	}
}

func TestALargeFileUploadedInPartsIsProcessedOnce(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("x", 200_000)
	var records []string
	for i := range 60 {
		records = append(records, record(fmt.Sprintf("large-%d", i), filler))
	}
	content := batch(records...)

	r := settle(t, "acme", "large-sftp.xml", content)
	wantTotals(t, r, 60, 0, 0, 0)

	uploadInParts(t, "inbox/acme/large-multipart.xml", content)
	wantTotals(t, reply(t, desk.Partners["acme"], "large-multipart.xml", ""), 0, 60, 0, 0)
}

// uploadInParts puts an object as S3's clients put large ones.
func uploadInParts(t *testing.T, key, content string) {
	t.Helper()
	const partSize = 5 << 20
	client := s3.NewFromConfig(desk.AWS())
	bucket := aws.String(output(t, "LandingBucket"))
	upload, err := client.CreateMultipartUpload(deadline(t), &s3.CreateMultipartUploadInput{Bucket: bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	var parts []types.CompletedPart
	for number := int32(1); len(content) > 0; number++ {
		part := content[:min(partSize, len(content))]
		content = content[len(part):]
		uploaded, err := client.UploadPart(deadline(t), &s3.UploadPartInput{
			Bucket: bucket, Key: &key, UploadId: upload.UploadId, PartNumber: &number, Body: strings.NewReader(part),
		})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, types.CompletedPart{ETag: uploaded.ETag, PartNumber: aws.Int32(number)})
	}
	if _, err := client.CompleteMultipartUpload(deadline(t), &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: &key, UploadId: upload.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAnUploadBrokenOffIsProcessedOnceWhenItIsComplete(t *testing.T) {
	t.Parallel()
	acme := desk.Partners["acme"]
	content := batch(record("off-1", "x"), record("off-2", "y"))
	client, err := acme.Dial(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	file, err := client.OpenFile("/inbox/off.xml", os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, content[:len(content)/2]); err != nil {
		t.Fatal(err)
	}
	client.Close() // without closing the file
	if err := acme.Upload(deadline(t), "off.xml", strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	r, _, err := acme.Reply(deadline(t), "off.xml", func(r contract.Reply) bool { return r.Status == contract.FileSettled })
	if err != nil {
		t.Fatal(err)
	}
	wantTotals(t, r, 2, 0, 0, 0)
}

func TestAnUploadBrokenOffRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	l := anotherDesk(t, local.Options{}) // an engine of its own: other tests break uploads off as well
	count := func() int {
		return sum(t, l.Laptop, "Tradepost/B2B", contract.MetricUploadsFailed, contract.DimensionPipeline, l.Stack+"/Pipeline")
	}
	acme := l.Partners["acme"]
	if err := acme.Upload(deadline(t), "whole.xml", strings.NewReader(batch(record("whole", "x")))); err != nil {
		t.Fatal(err)
	}
	reply(t, acme, "whole.xml", "")
	if n := count(); n != 0 {
		t.Fatalf("%d failed uploads before one failed", n)
	}
	client, err := acme.Dial(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	file, err := client.OpenFile("/inbox/part.xml", os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, "<Transactions>"); err != nil {
		t.Fatal(err)
	}
	client.Close() // without closing the file
	eventually(t, "the metric that raises the alarm", func() bool { return count() == 1 })
	alarms, err := cloudwatch.NewFromConfig(l.AWS()).DescribeAlarms(deadline(t), &cloudwatch.DescribeAlarmsInput{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(alarms.MetricAlarms, func(a cloudwatchtypes.MetricAlarm) bool {
		return aws.ToString(a.MetricName) == contract.MetricUploadsFailed && slices.Contains(a.AlarmActions, output(t, "AlarmTopicARN"))
	}) {
		t.Error("no alarm on the metric tells the topic")
	}
}

// S3's notices of this file are all lost on their way.
func TestAFileIsTakenInWhenOnlyTheServerTellsOfIt(t *testing.T) {
	t.Parallel()
	const name = "untold.xml"
	var lost atomic.Bool
	fault.add(func(_ context.Context, call cloud.Call) error {
		if call.Service == "lambda" && about(call, name) && about(call, `"aws.s3"`) {
			lost.Store(true)
			return cloud.Errorf(400, "InvalidRequestContentException", "lost")
		}
		return nil
	})
	wantTotals(t, settle(t, "acme", name, batch(record("untold", "x"))), 1, 0, 0, 0)
	eventually(t, "S3's notice being lost", lost.Load)
}

func TestFilesInFoldersAndWithOddNamesAreAnsweredBesideEachOther(t *testing.T) {
	t.Parallel()
	acme := desk.Partners["acme"]
	client, err := acme.Dial(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Mkdir("/inbox/2026"); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"2026/november.xml", "with space & plus+.xml", "ünïcode-😀.xml", strings.Repeat("long-", 200) + ".xml"} {
		wantTotals(t, settle(t, "acme", name, batch(record(fmt.Sprintf("odd-%d", i), "x"))), 1, 0, 0, 0)
	}
}

func TestAPartnerCannotLeaveItsFolders(t *testing.T) {
	t.Parallel()
	client, err := desk.Partners["acme"].Dial(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	other := partnerIDs()[1]
	for _, name := range []string{
		"/outbox/mine.xml", "/mine.xml", "/inbox/../mine.xml", "../mine.xml", "/inbox/../../" + other + "/mine.xml",
		"/" + other + "/mine.xml", "/inbox/../outbox/mine.xml", "/quarantine/mine.xml",
	} {
		if file, err := client.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC); err == nil {
			_, writeErr := io.WriteString(file, "<Transactions/>")
			if closeErr := file.Close(); writeErr == nil && closeErr == nil {
				t.Errorf("wrote %s", name)
			}
		}
	}
	for _, name := range []string{"/../" + other, "/inbox/../../" + other + "/inbox", "/quarantine"} {
		if entries, err := client.ReadDir(name); err == nil && len(entries) > 2 {
			t.Errorf("listed %s: %v", name, entries)
		}
	}
}

func TestAWrongKeyAndAPasswordAreRefused(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, method := range map[string]ssh.AuthMethod{"a wrong key": ssh.PublicKeys(stranger), "a password": ssh.Password("acme")} {
		_, err := ssh.Dial("tcp", desk.Partners["acme"].SFTP, &ssh.ClientConfig{
			User: "acme", Auth: []ssh.AuthMethod{method}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		})
		if err == nil || !strings.Contains(err.Error(), "unable to authenticate") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// OpenSSH is on most machines; where it is not, the pkg/sftp tests above stand
// for it.
func TestOpenSSHUploadsAndDownloads(t *testing.T) {
	t.Parallel()
	sftp, err := exec.LookPath("sftp")
	if err != nil {
		t.Logf("no OpenSSH on this machine: %v", err)
		return
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "openssh.xml"), []byte(batch(record("openssh", "x"))), 0o600); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(desk.Partners["acme"].SFTP, ":")
	session := func(commands string) {
		c := exec.Command(sftp, "-b", "-", "-q", "-P", port, "-i", filepath.Join(here.State, "keys", "acme"),
			"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "acme@"+host)
		c.Dir, c.Stdin = dir, strings.NewReader(commands)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("sftp: %v\n%s", err, out)
		}
	}
	session("put openssh.xml inbox/openssh.xml\nls -l inbox\n")
	wantTotals(t, reply(t, desk.Partners["acme"], "openssh.xml", ""), 1, 0, 0, 0)
	session("get outbox/openssh.xml.reply.json\n")
	downloaded, err := os.ReadFile(filepath.Join(dir, "openssh.xml.reply.json"))
	if err != nil || !bytes.Contains(downloaded, []byte(`"SETTLED"`)) {
		t.Errorf("downloaded %q, %v", downloaded, err)
	}
}
