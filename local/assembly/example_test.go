package assembly_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/tradepost-dev/tradepost/local/assembly"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

// A single template is taken for an assembly of one stack.
func ExampleLoad() {
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	template := filepath.Join(folder, "shop.json")
	if err := os.WriteFile(template, []byte(`{"Resources": {"Orders": {"Type": "AWS::SQS::Queue"}}}`), 0o600); err != nil {
		panic(err)
	}
	loaded, err := assembly.Load(template, cloud.Site{Region: "eu-central-1"})
	if err != nil {
		panic(err)
	}
	fmt.Println(loaded.Stacks[0].Name, loaded.Site.Region, loaded.Site.Account)
	// Output: shop eu-central-1 000000000000
}
