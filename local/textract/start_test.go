package textract_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awstextract "github.com/aws/aws-sdk-go-v2/service/textract"
	"github.com/aws/aws-sdk-go-v2/service/textract/types"

	"github.com/tradepost-dev/tradepost/local/s3"
)

func TestAJobThatCouldNotTellItsTopicIsNotStarted(t *testing.T) {
	e := newEngine(t)
	e.put(t, "a.pdf", invoices(1))
	other := strings.Replace(topic, "done", "none", 1)
	for _, row := range []struct {
		name, refused string
		change        func(*awstextract.StartExpenseAnalysisInput)
		want          string
	}{
		{"all is well", "", nil, ""},
		{"without a topic", "", func(in *awstextract.StartExpenseAnalysisInput) { in.NotificationChannel = nil }, ""},
		{"the caller may not start jobs", "clerk textract:StartExpenseAnalysis *", nil, "AccessDeniedException"},
		{"the caller may not pass the role", "clerk iam:PassRole " + role + " to textract.amazonaws.com", nil, "AccessDeniedException"},
		{"the role does not trust Textract", "textract.amazonaws.com sts:AssumeRole " + role, nil, "InvalidParameterException"},
		{"the role may not publish", role + "/textract sns:Publish " + topic, nil, "InvalidParameterException"},
		{"there is no such topic", "", func(in *awstextract.StartExpenseAnalysisInput) { in.NotificationChannel.SNSTopicArn = &other }, "InvalidParameterException"},
		{"the topic is no ARN", "", func(in *awstextract.StartExpenseAnalysisInput) {
			in.NotificationChannel.SNSTopicArn = aws.String("done-and-told-of-it")
		}, "InvalidParameterException"},
		{"the role is no ARN", "", func(in *awstextract.StartExpenseAnalysisInput) {
			in.NotificationChannel.RoleArn = aws.String("the-publishers-role")
		}, "InvalidParameterException"},
		{"the caller may not read", "clerk s3:GetObject arn:aws:s3:::inbox/a.pdf", nil, "InvalidS3ObjectException"},
		{"there is no such object", "", func(in *awstextract.StartExpenseAnalysisInput) {
			in.DocumentLocation.S3Object.Name = aws.String("b.pdf")
		}, "InvalidS3ObjectException"},
		{"no object is named", "", func(in *awstextract.StartExpenseAnalysisInput) { in.DocumentLocation.S3Object = nil }, "InvalidParameterException"},
		{"a tag with a space", "", func(in *awstextract.StartExpenseAnalysisInput) { in.JobTag = aws.String("a b") }, "InvalidParameterException"},
		{"a tag of 64 characters", "", func(in *awstextract.StartExpenseAnalysisInput) { in.JobTag = aws.String(strings.Repeat("t", 64)) }, ""},
		{"a tag of 65 characters", "", func(in *awstextract.StartExpenseAnalysisInput) { in.JobTag = aws.String(strings.Repeat("t", 65)) }, "InvalidParameterException"},
		{"a token with a slash", "", func(in *awstextract.StartExpenseAnalysisInput) { in.ClientRequestToken = aws.String("a/b") }, "InvalidParameterException"},
		{"a key by its alias", "", func(in *awstextract.StartExpenseAnalysisInput) { in.KMSKeyId = aws.String("alias/bills") }, ""},
		{"a key with a space", "", func(in *awstextract.StartExpenseAnalysisInput) { in.KMSKeyId = aws.String("a key") }, "InvalidParameterException"},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := start("a.pdf")
			if row.change != nil {
				row.change(in)
			}
			e.refused = row.refused
			_, err := e.StartExpenseAnalysis(t.Context(), in)
			if got := code(err); got != row.want {
				t.Errorf("got %s (%v), want %s", got, err, row.want)
			}
		})
	}
}

func TestATokenStartsOneJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.put(t, "a.pdf", invoices(1))
		e.put(t, "b.pdf", invoices(1))
		in := start("a.pdf")
		in.ClientRequestToken = aws.String("once")
		first := e.begin(t, in)
		if again := e.begin(t, in); again != first {
			t.Errorf("the second request started %s, the first one %s", again, first)
		}
		other := start("b.pdf")
		other.ClientRequestToken = in.ClientRequestToken
		if _, err := e.StartExpenseAnalysis(t.Context(), other); code(err) != "IdempotentParameterMismatchException" {
			t.Errorf("got %v for another document", err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if again := e.begin(t, in); again != first || len(e.publications()) != 1 {
			t.Errorf("the request started %s after the end of %s, and %d were published", again, first, len(e.publications()))
		}
		time.Sleep(7*24*time.Hour - time.Second)
		if again := e.begin(t, in); again == first {
			t.Error("the token still stands for the job after seven days")
		}
	})
}

func TestAResultIsKeptForSevenDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.put(t, "a.pdf", invoices(1))
		job := e.begin(t, start("a.pdf"))
		time.Sleep(7*24*time.Hour - time.Second)
		if out := e.get(t, job); len(out.ExpenseDocuments) != 1 {
			t.Errorf("got %+v", out)
		}
		time.Sleep(time.Second)
		if _, err := e.GetExpenseAnalysis(t.Context(), &awstextract.GetExpenseAnalysisInput{JobId: &job}); code(err) != "InvalidJobIdException" {
			t.Errorf("got %v", err)
		}
	})
}

func TestAskingForAResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.put(t, "a.pdf", invoices(2))
		job := e.begin(t, start("a.pdf"))
		time.Sleep(time.Second)
		synctest.Wait()
		for _, row := range []struct {
			name, refused string
			in            awstextract.GetExpenseAnalysisInput
			want          string
		}{
			{"more than there may be on a page", "", awstextract.GetExpenseAnalysisInput{JobId: &job, MaxResults: aws.Int32(1000)}, ""},
			{"none", "", awstextract.GetExpenseAnalysisInput{JobId: &job, MaxResults: aws.Int32(0)}, "InvalidParameterException"},
			{"an invented token", "", awstextract.GetExpenseAnalysisInput{JobId: &job, NextToken: aws.String("expense-2")}, "InvalidParameterException"},
			{"a text for a token", "", awstextract.GetExpenseAnalysisInput{JobId: &job, NextToken: aws.String("next")}, "InvalidParameterException"},
			{"a job that never was", "", awstextract.GetExpenseAnalysisInput{JobId: aws.String("nope")}, "InvalidJobIdException"},
			{"no id", "", awstextract.GetExpenseAnalysisInput{JobId: aws.String("a b")}, "InvalidParameterException"},
			{"without the right to", "clerk textract:GetExpenseAnalysis *", awstextract.GetExpenseAnalysisInput{JobId: &job}, "AccessDeniedException"},
		} {
			e.refused = row.refused
			_, err := e.GetExpenseAnalysis(t.Context(), &row.in)
			if got := code(err); got != row.want {
				t.Errorf("%s: got %s (%v), want %s", row.name, got, err, row.want)
			}
		}
	})
}

func TestResultsGoToABucketThatTheCallerMayWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		e.put(t, "a.pdf", invoices(2))
		in := start("a.pdf")
		in.OutputConfig = &types.OutputConfig{S3Bucket: aws.String("inbox"), S3Prefix: aws.String("read/")}
		job := e.begin(t, in)
		time.Sleep(time.Second)
		synctest.Wait()
		page, err := e.objects.As(e.Administrator(), s3.Origin{}).List(t.Context(), s3.ListInput{Bucket: "inbox", Prefix: "read/", Max: 10})
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, o := range page.Objects {
			keys = append(keys, o.Key)
		}
		if want := []string{"read/.s3_access_check", "read/" + job + "/1"}; !slices.Equal(keys, want) {
			t.Fatalf("got %q, want %q", keys, want)
		}
		object, err := e.objects.As(e.Administrator(), s3.Origin{}).Get(t.Context(), "inbox", keys[1], "")
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, object.Size)
		if _, err := object.Body.ReadAt(body, 0); err != nil {
			t.Fatal(err)
		}
		type result struct {
			JobStatus        string
			DocumentMetadata struct{ Pages int }
			ExpenseDocuments []struct{ ExpenseIndex int }
		}
		if got := decode[result](t, string(body)); got.JobStatus != "SUCCEEDED" || got.DocumentMetadata.Pages != 2 || len(got.ExpenseDocuments) != 2 {
			t.Errorf("saved %s", body)
		}

		e.refused = "clerk s3:PutObject arn:aws:s3:::inbox/read/"
		if _, err := e.StartExpenseAnalysis(t.Context(), in); code(err) != "InvalidS3ObjectException" {
			t.Errorf("got %v where the caller may not write", err)
		}
	})
}
