// The calls and the CloudFormation type of archives.

package events

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/tradepost-dev/tradepost/local/cfn"
	"github.com/tradepost-dev/tradepost/local/cloud"
)

type createArchiveInput struct {
	archiving
	ArchiveName    string
	EventSourceArn string

	KmsKeyIdentifier cloud.Ignored
}

// changedArchive is the answer to what makes or changes an archive.
type changedArchive struct {
	ArchiveArn   string
	State        string
	CreationTime cloud.Time
}

func (s *EventBridge) createArchiveByCall(_ context.Context, caller cloud.Caller, in createArchiveInput) (out changedArchive, err error) {
	if err := s.cloud.Authorize(caller, "events:CreateArchive", s.archiveARN(in.ArchiveName)); err != nil {
		return out, err
	}
	a, err := s.newArchive(in.ArchiveName, in.EventSourceArn, in.archiving)
	if err != nil {
		return out, err
	}
	return changedArchive{a.arn, "ENABLED", cloud.Time(a.created)}, nil
}

type updateArchiveInput struct {
	ArchiveName   string
	Description   *string
	EventPattern  *string
	RetentionDays *int

	KmsKeyIdentifier cloud.Ignored
}

func (s *EventBridge) updateArchiveByCall(_ context.Context, caller cloud.Caller, in updateArchiveInput) (out changedArchive, err error) {
	if in.Description == nil && in.EventPattern == nil && in.RetentionDays == nil {
		return out, notValid("At least one of EventPattern, RetentionDays or Description must be provided.")
	}
	a, err := s.openArchive(caller, "events:UpdateArchive", in.ArchiveName)
	if err != nil {
		return out, err
	}
	err = s.changeArchive(a, func(d *archiving) {
		if in.Description != nil {
			d.Description = *in.Description
		}
		if in.EventPattern != nil {
			d.EventPattern = *in.EventPattern
		}
		if in.RetentionDays != nil {
			d.RetentionDays = *in.RetentionDays
		}
	})
	return changedArchive{a.arn, "ENABLED", cloud.Time(a.created)}, err
}

type archiveName struct{ ArchiveName string }

func (s *EventBridge) deleteArchive(_ context.Context, caller cloud.Caller, in archiveName) (struct{}, error) {
	a, err := s.openArchive(caller, "events:DeleteArchive", in.ArchiveName)
	if err == nil {
		s.dropArchive(a)
	}
	return struct{}{}, err
}

func (s *EventBridge) describeArchive(_ context.Context, caller cloud.Caller, in archiveName) (archiveDescription, error) {
	a, err := s.openArchive(caller, "events:DescribeArchive", in.ArchiveName)
	if err != nil {
		return archiveDescription{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return a.describe(), nil
}

type listArchivesOutput struct {
	Archives  []listedArchive
	NextToken string `json:",omitempty"`
}

func (s *EventBridge) listArchives(_ context.Context, caller cloud.Caller, in struct {
	page
	filters
}) (out listArchivesOutput, err error) {
	if err := s.cloud.Authorize(caller, "events:ListArchives", s.archiveARN("*")); err != nil {
		return out, err
	}
	if err := in.check("ListArchives"); err != nil {
		return out, err
	}
	if in.EventSourceArn != "" {
		if _, err := s.bus(in.EventSourceArn); err != nil {
			return out, err
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []listedArchive
	for _, a := range s.sortedArchives() {
		if told := a.describe().listedArchive; in.match(told.ArchiveName, told.EventSourceArn, told.State) {
			all = append(all, told)
		}
	}
	out.Archives, out.NextToken, err = pageOf(in.page, all)
	return out, err
}

type archiveProperties struct {
	ArchiveName   string
	SourceArn     string
	Description   string
	EventPattern  json.RawMessage
	RetentionDays int

	KmsKeyIdentifier cfn.Ignored
}

func (p archiveProperties) archiving() archiving {
	return archiving{p.Description, jsonText(p.EventPattern), p.RetentionDays}
}

// createArchive makes an archive that a template declares.
func (s *EventBridge) createArchive(_ context.Context, res cfn.Resource, p archiveProperties) (cfn.Handle, error) {
	a, err := s.newArchive(cmp.Or(p.ArchiveName, res.PhysicalName(48)), p.SourceArn, p.archiving())
	if err != nil {
		return cfn.Handle{}, err
	}
	return cfn.Handle{Ref: a.name, Attributes: map[string]any{"Arn": a.arn}, Delete: func(context.Context) error {
		s.dropArchive(a)
		return nil
	}}, nil
}

func (s *EventBridge) updateArchive(_ context.Context, _ cfn.Resource, h cfn.Handle, _, after archiveProperties) (cfn.Handle, error) {
	a, err := s.archive(h.Ref)
	if err != nil {
		return h, err
	}
	return h, s.changeArchive(a, func(d *archiving) { *d = after.archiving() })
}
