package sns_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/sns"
)

// A topic that tells somebody by mail: the mail is a file.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "mail-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	c := cloud.New(cloud.Site{Account: "123456789012", Region: "eu-central-1"})
	defer c.Close()
	topics := sns.New(c, sns.Options{Mailbox: folder})
	c.Register("sns", topics)
	types := map[string]cfn.Type{}
	for _, t := range topics.Types() {
		types[t.Name] = t
	}
	template, err := cfn.Parse([]byte(`{"Resources": {"Alarms": {"Type": "AWS::SNS::Topic", "Properties": {
		"Subscription": [{"Protocol": "email", "Endpoint": "ops@example.com"}]}}}}`))
	if err != nil {
		panic(err)
	}
	stack := cfn.Stack{Name: "shop", Site: c.Site, Template: template}
	created, err := stack.Create(ctx, types)
	if err != nil {
		panic(err)
	}
	in := map[string]string{"TopicArn": created.Handles["Alarms"].Ref, "Subject": "Overdue", "Message": "orders.xml is late"}
	if err := c.Do(ctx, c.Administrator(), "sns", "Publish", in, nil); err != nil {
		panic(err)
	}
	c.Close() // waits for what is being delivered
	mails, err := filepath.Glob(filepath.Join(folder, "*.eml"))
	if err != nil || len(mails) != 1 {
		panic(fmt.Sprint(mails, err))
	}
	mail, err := os.ReadFile(mails[0])
	if err != nil {
		panic(err)
	}
	_, text, _ := strings.Cut(string(mail), "\n\n")
	fmt.Print(text)
	// Output:
	// orders.xml is late
}
