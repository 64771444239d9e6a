package sagemaker

// This file lists what there is, the newest first unless another order is asked for.

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// listInput is what all lists are asked.
type listInput struct {
	MaxResults         *int
	NextToken          string
	NameContains       string
	StatusEquals       string
	SortBy             string // Name, CreationTime or Status
	SortOrder          string // Ascending, or Descending by default
	CreationTimeAfter  *cloud.Time
	CreationTimeBefore *cloud.Time
}

// listed is an entry of a list, with what it is chosen and sorted by.
type listed struct {
	name, status string
	created      cloud.Time
	summary      any
}

// asked tells whether the list is of this entry.
func (in *listInput) asked(e listed) bool {
	created := time.Time(e.created)
	return strings.Contains(e.name, in.NameContains) && (in.StatusEquals == "" || e.status == in.StatusEquals) &&
		(in.CreationTimeAfter == nil || created.After(time.Time(*in.CreationTimeAfter))) &&
		(in.CreationTimeBefore == nil || created.Before(time.Time(*in.CreationTimeBefore)))
}

func (in *listInput) compare(a, b listed) int {
	byTime := time.Time(a.created).Compare(time.Time(b.created))
	order := cmp.Or(byTime, cmp.Compare(a.name, b.name))
	switch in.SortBy {
	case "Name":
		order = cmp.Compare(a.name, b.name)
	case "Status":
		order = cmp.Or(cmp.Compare(a.status, b.status), order)
	}
	if in.SortOrder == "Ascending" {
		return order
	}
	return -order
}

// page returns the entries that are asked for, and the token of the next page.
func (in *listInput) page(entries []listed) (page []any, next string, err error) {
	size := 10
	if in.MaxResults != nil {
		if size = *in.MaxResults; size < 1 || size > 100 {
			return nil, "", invalid("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and 100", size)
		}
	}
	from := 0
	if in.NextToken != "" {
		if from, err = strconv.Atoi(in.NextToken); err != nil || from < 0 {
			return nil, "", invalid("The token %s is invalid.", in.NextToken)
		}
	}
	entries = slices.DeleteFunc(entries, func(e listed) bool { return !in.asked(e) })
	slices.SortFunc(entries, in.compare)
	entries = entries[min(from, len(entries)):]
	if len(entries) > size {
		entries, next = entries[:size], strconv.Itoa(from+size)
	}
	page = []any{}
	for _, e := range entries {
		page = append(page, e.summary)
	}
	return page, next, nil
}

// list authorizes the caller and returns a page of the entries.
func (s *SageMaker) list(caller cloud.Caller, action string, in listInput, entries func() []listed) ([]any, string, error) {
	if err := s.cloud.Authorize(caller, "sagemaker:"+action, "*"); err != nil {
		return nil, "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return in.page(entries())
}

type listTrainingJobsOutput struct {
	NextToken            string `json:",omitempty"`
	TrainingJobSummaries []any
}

func (s *SageMaker) listTrainingJobs(_ context.Context, caller cloud.Caller, in listInput) (out listTrainingJobsOutput, err error) {
	out.TrainingJobSummaries, out.NextToken, err = s.list(caller, "ListTrainingJobs", in, func() (entries []listed) {
		for name, j := range s.trainings {
			t := &j.shape
			entries = append(entries, listed{name, t.TrainingJobStatus, t.CreationTime, struct {
				TrainingJobName, TrainingJobArn, TrainingJobStatus, SecondaryStatus string
				CreationTime, LastModifiedTime                                      cloud.Time
				TrainingEndTime                                                     *cloud.Time `json:",omitempty"`
			}{name, t.TrainingJobARN, t.TrainingJobStatus, t.SecondaryStatus, t.CreationTime, t.LastModifiedTime, t.TrainingEndTime}})
		}
		return entries
	})
	return out, err
}

type listTransformJobsOutput struct {
	NextToken             string `json:",omitempty"`
	TransformJobSummaries []any
}

func (s *SageMaker) listTransformJobs(_ context.Context, caller cloud.Caller, in listInput) (out listTransformJobsOutput, err error) {
	out.TransformJobSummaries, out.NextToken, err = s.list(caller, "ListTransformJobs", in, func() (entries []listed) {
		for name, j := range s.transforms {
			t := &j.shape
			entries = append(entries, listed{name, t.TransformJobStatus, t.CreationTime, struct {
				TransformJobName, TransformJobArn, TransformJobStatus string
				FailureReason                                         string `json:",omitempty"`
				CreationTime                                          cloud.Time
				TransformEndTime                                      *cloud.Time `json:",omitempty"`
			}{name, t.TransformJobARN, t.TransformJobStatus, t.FailureReason, t.CreationTime, t.TransformEndTime}})
		}
		return entries
	})
	return out, err
}

type listModelsOutput struct {
	NextToken string `json:",omitempty"`
	Models    []any
}

func (s *SageMaker) listModels(_ context.Context, caller cloud.Caller, in listInput) (out listModelsOutput, err error) {
	out.Models, out.NextToken, err = s.list(caller, "ListModels", in, func() (entries []listed) {
		for name, m := range s.models {
			entries = append(entries, listed{name, "", m.CreationTime, struct {
				ModelName, ModelArn string
				CreationTime        cloud.Time
			}{name, m.ModelARN, m.CreationTime}})
		}
		return entries
	})
	return out, err
}

type listEndpointConfigsOutput struct {
	NextToken       string `json:",omitempty"`
	EndpointConfigs []any
}

func (s *SageMaker) listEndpointConfigs(_ context.Context, caller cloud.Caller, in listInput) (out listEndpointConfigsOutput, err error) {
	out.EndpointConfigs, out.NextToken, err = s.list(caller, "ListEndpointConfigs", in, func() (entries []listed) {
		for name, c := range s.configs {
			entries = append(entries, listed{name, "", c.CreationTime, struct {
				EndpointConfigName, EndpointConfigArn string
				CreationTime                          cloud.Time
			}{name, c.EndpointConfigARN, c.CreationTime}})
		}
		return entries
	})
	return out, err
}

type listEndpointsOutput struct {
	NextToken string `json:",omitempty"`
	Endpoints []any
}

func (s *SageMaker) listEndpoints(_ context.Context, caller cloud.Caller, in listInput) (out listEndpointsOutput, err error) {
	out.Endpoints, out.NextToken, err = s.list(caller, "ListEndpoints", in, func() (entries []listed) {
		for name, e := range s.endpoints {
			entries = append(entries, listed{name, e.EndpointStatus, e.CreationTime, struct {
				EndpointName, EndpointArn, EndpointStatus string
				CreationTime, LastModifiedTime            cloud.Time
			}{name, e.EndpointARN, e.EndpointStatus, e.CreationTime, e.LastModifiedTime}})
		}
		return entries
	})
	return out, err
}
