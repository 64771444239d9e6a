package console

// This file gives an engine's console an address.

import (
	"context"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/tradepost-dev/tradepost/local"
)

// Server serves a console.
type Server struct {
	URL    string
	server *http.Server
}

// Past is how long an engine should know what was (local.Options.Past), for people who
// look back.
const Past = 24 * time.Hour

// Serve serves the console of an engine, with sections that an application adds. A
// browser is led to it that opens the engine's own address.
func Serve(e *local.Engine, sections ...Section) (*Server, error) {
	listener, err := e.Cloud.Listen("the console")
	if err != nil {
		return nil, err
	}
	options := Options{AWS: aws.Config{
		Region: e.Cloud.Region, BaseEndpoint: aws.String(e.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		APIOptions:  []func(*middleware.Stack) error{withoutPrefix},
	}, Sections: sections}
	if !e.Cloud.Known().IsZero() {
		options.Known = e.Cloud.Known
	}
	if folder := e.Endpoints().Mail; folder != "" {
		options.Mails = os.DirFS(folder)
	}
	handler := New(options)
	s := &Server{URL: "http://" + listener.Addr().String() + "/", server: &http.Server{Handler: handler}}
	go s.server.Serve(listener) // until Close
	e.Lead(s.URL)
	return s, nil
}

// Close ends it, and whatever is being answered.
func (s *Server) Close() error { return s.server.Close() }

// withoutPrefix keeps SDKs from putting sync- in front of the host, which is an
// address here.
func withoutPrefix(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("WithoutHostPrefix",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(ctx, true), in)
		}), middleware.Before)
}
