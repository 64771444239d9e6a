package pipes_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/tradepost-dev/tradepost/local/pipes"
)

// A server and its client without a socket between them.
func Example() {
	var network pipes.Network
	listener, err := network.Listen("")
	if err != nil {
		panic(err)
	}
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "you asked for ", r.URL.Path) })}
	go server.Serve(listener)
	defer server.Close()
	response, err := network.Client().Get("http://" + listener.Addr().String() + "/orders")
	if err != nil {
		panic(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	fmt.Println(string(text), err)
	// Output: you asked for /orders <nil>
}
