package secrets

// This file moves staging labels between versions.

import (
	"context"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

type updateSecretVersionStageInput struct {
	SecretId, VersionStage               string
	MoveToVersionId, RemoveFromVersionId string
}

// updateSecretVersionStage puts a label on a version, takes it off one, or does
// both. AWSCURRENT cannot be taken off: it moves, and AWSPREVIOUS with it.
func (s *SecretsManager) updateSecretVersionStage(_ context.Context, caller cloud.Caller, in updateSecretVersionStageInput) (named, error) {
	if in.VersionStage == "" || len(in.VersionStage) > 256 {
		return named{}, fault("InvalidParameterException", "VersionStage must have 1 to 256 characters.")
	}
	return s.change(caller, "UpdateSecretVersionStage", in.SecretId, func(sec *secret) error {
		if err := sec.mayMove(in); err != nil {
			return err
		}
		if in.MoveToVersionId == "" {
			delete(sec.stages, in.VersionStage)
		} else {
			sec.move(in.VersionStage, in.MoveToVersionId)
		}
		sec.touch()
		return nil
	})
}

func (sec *secret) mayMove(in updateSecretVersionStageInput) error {
	for _, id := range []string{in.MoveToVersionId, in.RemoveFromVersionId} {
		if id != "" && sec.versions[id] == nil {
			return fault("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for VersionId: %s", id)
		}
	}
	holder, held := sec.stages[in.VersionStage]
	switch {
	case in.MoveToVersionId == "" && in.RemoveFromVersionId == "":
		return fault("InvalidParameterException", "You must provide MoveToVersionId, RemoveFromVersionId, or both.")
	case in.RemoveFromVersionId != "" && holder != in.RemoveFromVersionId:
		return fault("InvalidParameterException",
			"The staging label %s is not attached to the version %s that RemoveFromVersionId names.", in.VersionStage, in.RemoveFromVersionId)
	case held && in.RemoveFromVersionId == "" && holder != in.MoveToVersionId:
		return fault("InvalidParameterException",
			"The parameter RemoveFromVersionId can't be empty. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.", in.VersionStage, holder)
	case in.VersionStage == current && in.MoveToVersionId == "":
		return fault("InvalidParameterException", "You can't remove the staging label %s from a version: move it to another one.", current)
	}
	return nil
}
