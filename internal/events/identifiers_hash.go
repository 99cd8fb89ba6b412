package events

import (
	"bytes"

	"customer-events/models"
)

// identifierHash returns the hash of one identifier of an event. keyIndex selects the secret key.
func (b *batch) identifierHash(ref *Reference, external models.ExternalReference, keyIndex int) []byte {
	hasher, target := b.Hasher, ref.Target
	if keyIndex != currentKey {
		hasher = b.Hasher.Previous()[keyIndex]
		if len(ref.Previous) > 0 {
			target = ref.Previous[keyIndex]
		}
	}
	if target.Kind == models.AccessTokens {
		return hasher.Identifier(target, ref.PassCode, external.System, external.Number)
	}
	return hasher.Identifier(target)
}

// identifiersHash returns the hashes that are stored for the identifiers of an event with an external
// reference, and nil for other events. Most events of a call refer to a few classifications and units, so it
// caches their hashes.
func (b *batch) identifiersHash(it *item) []byte {
	external, ok := it.row.ExternalReference()
	if !ok {
		return nil
	}
	hashes := make([]byte, 0, 3*models.IdentifierHashLength)
	for which, ref := range it.in.references() {
		if which == customerIdentifier {
			hashes = append(hashes, b.identifierHash(ref, external, currentKey)...)
			continue
		}
		hash, cached := b.hashes[ref.Target]
		if !cached {
			hash = b.identifierHash(ref, external, currentKey)
			if b.hashes == nil {
				b.hashes = make(map[models.Reference][]byte)
			}
			b.hashes[ref.Target] = hash
		}
		hashes = append(hashes, hash...)
	}
	return hashes
}

// sentWith reports whether a recorded event was sent with this very identifier.
func (b *batch) sentWith(row *models.WebCustomerEvent, which int, ref *Reference) bool {
	external, ok := row.ExternalReference()
	from, to := which*models.IdentifierHashLength, (which+1)*models.IdentifierHashLength
	if !ok || len(row.IdentifiersHash) < to {
		return false
	}
	for keyIndex := currentKey; keyIndex < len(b.Hasher.Previous()); keyIndex++ {
		if bytes.Equal(row.IdentifiersHash[from:to], b.identifierHash(ref, external, keyIndex)) {
			return true
		}
	}
	return false
}
