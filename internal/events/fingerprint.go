package events

import "customer-events/models"

// currentKey selects the current secret key. Other key indexes select one of KeyedHasher.Previous.
const currentKey = -1

// fingerprint returns a hash that is equal for two calls with the same events. The order of an event's
// fields, the notation of its dates and numbers, and the caller's token do not matter. An event that could
// not be read counts by what could be read, and by its problems. keyIndex selects the key that secrets
// were hashed with.
func fingerprint(hasher *models.KeyedHasher, list []WebCustomerEventInput, keyIndex int) []byte {
	canonical := make([]byte, 0, 512*len(list))
	var row models.WebCustomerEvent // its references are zero: they count by their identifiers
	for i := range list {
		in := &list[i]
		canonical = appendText(canonical, in.RequestUniqueIdentifier)
		for _, ref := range in.references() {
			canonical = append(canonical, byte(ref.Target.Kind), byte(ref.Target.By))
			value := &ref.Target.Value
			if keyIndex != currentKey && len(ref.Previous) > 0 {
				value = &ref.Previous[keyIndex].Value
			}
			canonical = appendText(canonical, value)
			canonical = appendText(canonical, &ref.PassCode)
		}
		row.EventDetails = in.Details
		for f := range fields {
			if fields[f].appendTo != nil {
				canonical = fields[f].appendTo(canonical, &row)
			}
		}
		for p := range in.Problems {
			canonical = appendText(canonical, &in.Problems[p].Detail)
		}
		canonical = append(canonical, 0xff)
	}
	return hasher.Fingerprint(canonical)
}
