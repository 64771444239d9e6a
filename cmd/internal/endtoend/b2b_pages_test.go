package endtoend

// This file uses the pipeline's pages in the console as a person does.

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tradepost-dev/tradepost/cmd/internal/b2b/pages"
	"github.com/tradepost-dev/tradepost/internal/browser"
	contract "github.com/tradepost-dev/tradepost/internal/contract/b2b"
	"github.com/tradepost-dev/tradepost/local/cloud"
	"github.com/tradepost-dev/tradepost/local/console"
)

// consoleOf is the console with the pipeline's pages, for a test.
func consoleOf(t *testing.T) (url string) {
	t.Helper()
	section, err := pages.Of(desk)
	if err != nil {
		t.Fatal(err)
	}
	server, err := console.Serve(here.Engine, section)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server.URL + "tradepost"
}

func TestAPersonUsesThePipelinesPages(t *testing.T) {
	t.Parallel()
	b, url := browser.Start(t), consoleOf(t)
	for name, test := range map[string]func(*testing.T, string, *browser.Tab){
		"from a partner to a file's rejected records":     lookAtFiles,
		"follows a file, and replays what failed of it":   followAndReplay,
		"uploads as a partner, by dropping and by a form": uploadAsPartner,
		"posts as a partner, and finds what was posted":   postAndFind,
	} {
		t.Run(name, func(t *testing.T) { test(t, url, b.Tab(t)) })
	}
}

func lookAtFiles(t *testing.T, url string, tab *browser.Tab) {
	records := []string{record("pages-1", "x"), record("pages-1", "other"), record("pages-1", "x"), `<Transaction><Notes>&lt;b&gt;</Notes></Transaction>`}
	for i := range 60 {
		records = append(records, record(fmt.Sprintf("pages-%d&#9;", i), "an id with a tab"))
	}
	r := settle(t, "acme", "pages/files.xml", batch(records...))
	wantTotals(t, r, 1, 1, 62, 0)

	tab.Open(url)
	tab.Shows("Partners", "acme", "ENABLED", "Its last file is", "globex", "Under way")
	tab.Readable()
	tab.Open(url + "/files/" + r.FileID)
	tab.Follow("acme")
	for !strings.Contains(tab.Text(), "pages/files.xml") { // other tests' files come before it
		tab.Follow("Earlier files")
	}
	tab.Shows("Files", "pages/files.xml", "SETTLED", "64 received = 1 stored + 1 duplicate + 62 rejected + 0 failed")
	tab.Readable()
	tab.Document("partner", 1250)
	tab.Follow("pages/files.xml")
	tab.Shows("Status\nSETTLED", "64 received = 1 stored + 1 duplicate + 62 rejected + 0 failed", "2", "pages-1", "REJECTED", "CONTENT_CONFLICT",
		"3", "pages-1", "DUPLICATE", "4", "MISSING_TRANSACTION_ID", "25 shown of 25", "Reply", `"status":"SETTLED"`)
	if text := tab.Text(); strings.Contains(text, "Replay") {
		t.Errorf("there is something to replay:\n%s", text)
	}
	tab.Readable()
	tab.Follow("go on")
	tab.Shows("25 shown of 25")
	tab.Follow("go on")
	tab.Shows("64", "INVALID_TRANSACTION_ID", "13 shown of 13 that were looked through; there are no more")
	tab.Open(url + "/files/" + r.FileID + "?outcome=DUPLICATE")
	tab.Shows("3", "pages-1", "DUPLICATE", "1 shown of 63 that were looked through; there are no more")
	tab.Follow("its executions")
	tab.Shows(r.FileID+"-1", "1 shown of")
	tab.Open(url + "/files/" + r.FileID)
	tab.Follow("its settlement")
	tab.Shows(r.FileID, "Acknowledge file")
	tab.Open(url + "/files/" + r.FileID + "/2")
	tab.Shows("Record 2", "pages-1", "REJECTED", "CONTENT_CONFLICT", "It has none: it was decided on before it was queued")
	tab.Open(url + "/files/" + r.FileID + "/1")
	tab.Follow("What caused this?")
	tab.Shows("What caused this?", "by dynamodb:TransactWriteItems, called by", "state ", "execution "+r.FileID+"-1 of", "by states:StartExecution", "invocation ", "message ",
		"invocation ", "object inbox/acme/pages/files.xml of the bucket", "session ", "of the SFTP server", "user/")
	tab.Readable()
	tab.Picture("causes")
	tab.Document("causes", 1250)
	tab.Open(strings.TrimSuffix(url, "tradepost") + "stacks/" + desk.Stack)
	tab.Document("stack", 1500)
	for address, status := range map[string]int{
		"/files/" + r.FileID + "?from=x":          http.StatusBadRequest,
		"/files/" + r.FileID + "?from=9-other":    http.StatusBadRequest,
		"/files/" + r.FileID + "/0":               http.StatusBadRequest,
		"/files/" + r.FileID + "/65":              http.StatusNotFound,
		"/files/" + r.FileID + "/replay":          http.StatusBadRequest,
		"/files/" + r.FileID + "/replay?record=x": http.StatusBadRequest,
		"/files/" + strings.Repeat("0", 32):       http.StatusNotFound,
		"/files/orders.xml":                       http.StatusBadRequest,
		"/partners/Acme":                          http.StatusBadRequest,
		"/partners/nobody":                        http.StatusNotFound,
		"/partners/acme?from=1-x":                 http.StatusBadRequest,
		"/search?q=%00":                           http.StatusBadRequest,
		"/search?q=" + strings.Repeat("x", 200):   http.StatusBadRequest,
	} {
		if got := tab.Open(url + address); got != status {
			t.Errorf("%s is answered with %d, want %d:\n%s", address, got, status, tab.Text())
		}
	}
}

func followAndReplay(t *testing.T, url string, tab *browser.Tab) {
	var down atomic.Bool
	down.Store(true)
	looked := make(chan struct{})
	fault.add(func(ctx context.Context, call cloud.Call) error {
		if call.Action != "TransactWriteItems" {
			return nil
		}
		if down.Load() && about(call, `"pagesdown-`) {
			return cloud.Errorf(400, "AccessDeniedException", "the key is disabled")
		}
		if about(call, `"pagesheld-`) { // takes as long as the page is looked at
			select {
			case <-looked:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	p := desk.Partners["globex"]
	content := batch(record("pagesdown-1", "x"), record("pages-up", "x"), record("pagesheld-1", "x"), record("pagesdown-2", "x"), record("pagesdown-3", "x"))
	if err := p.Upload(deadline(t), "follow.xml", strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	tab.Open(url + "/partners/globex")
	tab.Wait(`document.querySelector("#files").innerText.includes("follow.xml")`) // as the page renews itself
	tab.Follow("follow.xml")
	tab.Wait(`document.querySelector("#file").innerText.includes("5 received = 1 stored + 0 duplicate + 0 rejected + 3 failed + 1 under way")`)
	tab.Shows("Status\nSPLIT", "Overdue from", "Reply", "There is none yet.")
	tab.Readable()
	close(looked)
	tab.Wait(`document.querySelector("#file").innerText.includes("SETTLED")`)
	tab.Wait(`document.querySelector("#reply").innerText.includes("WORKFLOW_FAILED")`)
	tab.Shows("5 received = 2 stored + 0 duplicate + 0 rejected + 3 failed", "pagesdown-1", "FAILED", "pagesdown-2", "pagesdown-3", "Replay those chosen")

	if status := tab.Submit("Replay those chosen"); status != http.StatusBadRequest {
		t.Errorf("a replay of nothing is answered with %d:\n%s", status, tab.Text())
	}
	tab.Back()
	tab.Check("Replay record 1")
	tab.Check("Replay record 4")
	tab.Readable()
	tab.Document("file", 1250)
	tab.Submit("Replay those chosen")
	id := tab.Run(`location.pathname.split("/")[3]`)
	tab.Shows("Replay what failed?", "2 transactions of globex have failed: 2 x DynamoDb.DynamoDbException", "The file is SPLIT again",
		"1", "pagesdown-1", "FAILED", id+"-1-1", "4", "pagesdown-2", "FAILED", id+"-4-1")
	tab.Readable()
	tab.Document("replay", 1250)
	if names := executions(t, id); len(names) != 5 {
		t.Errorf("a preview has started something: %q", names)
	}
	down.Store(false)
	tab.Submit("Replay")
	tab.Shows("follow.xml", "What failed has been started again.")
	tab.Wait(`document.querySelector("#file").innerText.includes("5 received = 4 stored + 0 duplicate + 0 rejected + 1 failed")`)
	tab.Open(url + "/files/" + id)
	tab.Shows("Status\nSETTLED", "Before its last replay 2 were stored and 3 had failed.", "5", "pagesdown-3", "FAILED")
	if names := executions(t, id); len(names) != 7 {
		t.Errorf("executions are %q, want those of two replays", names)
	}
	tab.Open(url + "/files/" + id + "/1")
	tab.Shows("STORED", "Executions", id+"-1", "FAILED", id+"-1-1", "SUCCEEDED")
	tab.Readable()

	tab.Open(url + "/files/" + id)
	tab.Submit("Replay all that failed")
	tab.Shows("1 transaction of globex has failed", "pagesdown-3", id+"-5-1")
	tab.Submit("Replay")
	reply, _, err := p.Reply(deadline(t), "follow.xml", func(r contract.Reply) bool { return r.Status == contract.FileSettled && r.Totals.Failed == 0 })
	if err != nil {
		t.Fatal(err)
	}
	wantTotals(t, reply, 5, 0, 0, 0)
	tab.Open(url + "/files/" + id + "/replay?record=1")
	tab.Shows("There is nothing to replay")
}

// written is a file of a name for a form.
func written(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func uploadAsPartner(t *testing.T, url string, tab *browser.Tab) {
	partner := url + "/partners/globex"
	tab.Open(partner)
	dropped := []string{written(t, "dropped 1.xml", batch(record("dropped-1", "x"))), written(t, "dropped 2.xml", batch(record("dropped-2", "x")))}
	if status := tab.Drop("form.drop", dropped...); status != http.StatusOK {
		t.Errorf("files that are dropped are answered with %d", status)
	}
	tab.Shows("globex", "The SFTP server has it all.")
	tab.Wait(`["dropped 1.xml", "dropped 2.xml"].every(name => document.querySelector("#files").innerText.includes(name))`)
	tab.Readable()
	for _, id := range []string{"dropped-1", "dropped-2"} {
		eventually(t, id+" is stored", func() bool { return row(t, "globex", id) != nil })
	}
	tab.Attach("Files for the inbox, by SFTP", written(t, "chosen.xml", batch(record("chosen-1", "x"))))
	tab.Submit("Upload")
	eventually(t, "chosen-1 is stored", func() bool { return row(t, "globex", "chosen-1") != nil })
	tab.Attach("Files for the inbox, by SFTP", written(t, "unfinished.part", "x"))
	if status := tab.Submit("Upload"); status != http.StatusBadRequest {
		t.Errorf("a file that the pipeline leaves alone is answered with %d", status)
	}
	tab.Shows(`"unfinished.part" is not uploaded`, "unfinished upload")
	response, err := http.Post(url+"/partners/nobody/upload", "multipart/form-data; boundary=x", strings.NewReader("--x--"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("an upload as somebody whose key is not here is answered with %s", response.Status)
	}
}

func postAndFind(t *testing.T, url string, tab *browser.Tab) {
	partner := url + "/partners/globex"
	tab.Open(partner)
	tab.Fill("Transaction id", "posted by <hand>/1")
	tab.Fill("Message", "Transaction made")
	tab.Submit("Post")
	tab.Shows("Search", "The API has accepted the transaction.", "globex/posted by <hand>/1")
	tab.Wait(`document.querySelector("#found").innerText.includes("STORED")`)
	tab.Readable()
	tab.Follow("its executions")
	tab.Shows("Record 1", "Posted, under the id", "globex/posted by <hand>/1", "STORED", "-1", "SUCCEEDED")
	execution := tab.Run(`document.querySelector("#record th a").innerText`)
	tab.Back()
	tab.Follow("its row")
	tab.Shows("globex/posted by <hand>/1", "Of the table")

	tab.Open(partner)
	tab.Fill("Transaction id", "posted by <hand>/1")
	tab.Fill("Message", "of other content")
	if status := tab.Submit("Post"); status != http.StatusConflict {
		t.Errorf("an id with other content is answered with %d", status)
	}
	tab.Shows("The API answers 409 Conflict: A transaction with this id is stored with other content")

	r := settle(t, "acme", "pages/find.xml", batch(record("posted by &lt;hand&gt;/1", "of another partner")))
	for query, want := range map[string][]string{
		"posted by <hand>/1":        {"Transactions", "acme/posted by <hand>/1", "STORED", "globex/posted by <hand>/1", "STORED"}, // of whom, in order
		"acme/posted by <hand>/1":   {"Transactions", "acme/posted by <hand>/1", "STORED"},
		"globex":                    {"Partner", "globex", "ENABLED"},
		r.FileID:                    {"File", "pages/find.xml of acme", "SETTLED", "1 received = 1 stored"},
		execution:                   {"Record", "What became of it"},
		"nobody has ever sent this": {"Nothing is known by this."},
	} {
		tab.Open(url)
		tab.Fill("Transaction id, partner, business key (partner/transaction id), or id of a file or an execution", query)
		tab.Submit("Search")
		tab.Shows(append([]string{"Search"}, want...)...)
		if query == "posted by <hand>/1" {
			tab.Document("search", 1250)
		}
	}
}
