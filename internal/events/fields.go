package events

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"customer-events/models"
)

// FieldNames selects one of the two spellings of the fields: GraphQL's or the Web API's.
type FieldNames int

// The two spellings.
const (
	CamelCase FieldNames = iota
	SnakeCase
)

// The maximum lengths of texts, in characters.
const (
	MaxShortText   = 255
	MaxDescription = 4000
	MaxWebsite     = 2048
)

// field describes one field of a web customer event for decoding, for comparison with a recorded event, and
// for fingerprints.
type field struct {
	names     [2]string
	paths     [2][]string // each name as a path, made once for all events
	mandatory bool
	// read consumes the field's value, which is not null, and sets it in the event.
	read readFunc
	// given reports whether a mandatory field has a value.
	given func(in *WebCustomerEventInput) bool
	// appendTo appends the field's value for comparison; nil for fields that are not recorded.
	appendTo appendFunc
}

type (
	readFunc   func(r *reader, f *field, in *WebCustomerEventInput) error
	appendFunc func(to []byte, row *models.WebCustomerEvent) []byte
)

// fields are in the order in which missing ones are reported.
var fields = []field{
	{
		names:     spellings("requestUniqueIdentifier", "request_unique_identifier"),
		mandatory: true,
		read:      readRequestIdentifier,
		given:     func(in *WebCustomerEventInput) bool { return in.RequestUniqueIdentifier != nil },
	},
	{
		names: spellings("accountsReceivableIdentifier", "accounts_receivable_identifier"),
		read:  readCustomer(accountIdentifiers),
		appendTo: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendKey(to, &row.AccountKey)
		},
	},
	{
		names: spellings("rewardsParticipantIdentifier", "rewards_participant_identifier"),
		read:  readCustomer(participantIdentifiers),
		appendTo: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendKey(to, row.ParticipantKey)
		},
	},
	{
		names: spellings("classificationIdentifier", "classification_identifier"),
		read: readOneOf(classificationIdentifiers, func(in *WebCustomerEventInput) *Reference {
			return &in.Classification
		}),
		appendTo: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendKey(to, row.ClassificationKey)
		},
	},
	{
		names:     spellings("performedByUnitIdentifier", "performed_by_unit_identifier"),
		mandatory: true,
		read: readOneOf(unitIdentifiers, func(in *WebCustomerEventInput) *Reference {
			return &in.Unit
		}),
		given: func(in *WebCustomerEventInput) bool { return in.Unit.Given },
		appendTo: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendKey(to, &row.UnitKey)
		},
	},
	{
		names:     spellings("performedOn", "performed_on"),
		mandatory: true,
		read:      readPerformedOn,
		given:     func(in *WebCustomerEventInput) bool { return !in.Details.PerformedOn.IsZero() },
		appendTo: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendTime(to, &row.PerformedOn)
		},
	},
	{
		names:     spellings("website", "website"),
		mandatory: true,
		read:      readWebsite,
		given:     func(in *WebCustomerEventInput) bool { return in.Details.Website != "" },
		appendTo: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendText(to, &row.Website)
		},
	},
	textField(spellings("description", "description"), MaxDescription,
		func(e *models.EventDetails) **string { return &e.Description }),
	nameField(spellings("externalSystem", "external_system"),
		func(e *models.EventDetails) **string { return &e.ExternalSystem }),
	nameField(spellings("externalSystemReferenceNumber", "external_system_reference_number"),
		func(e *models.EventDetails) **string { return &e.ExternalSystemReferenceNumber }),
	textField(spellings("udfString1", "udf_string_1"), MaxShortText,
		func(e *models.EventDetails) **string { return &e.UDFString1 }),
	textField(spellings("udfString2", "udf_string_2"), MaxShortText,
		func(e *models.EventDetails) **string { return &e.UDFString2 }),
	textField(spellings("udfString3", "udf_string_3"), MaxShortText,
		func(e *models.EventDetails) **string { return &e.UDFString3 }),
	textField(spellings("udfString4", "udf_string_4"), MaxShortText,
		func(e *models.EventDetails) **string { return &e.UDFString4 }),
	textField(spellings("udfString5", "udf_string_5"), MaxShortText,
		func(e *models.EventDetails) **string { return &e.UDFString5 }),
	textField(spellings("udfString6", "udf_string_6"), MaxShortText,
		func(e *models.EventDetails) **string { return &e.UDFString6 }),
	textField(spellings("udfString7", "udf_string_7"), MaxShortText,
		func(e *models.EventDetails) **string { return &e.UDFString7 }),
	textField(spellings("udfString8", "udf_string_8"), MaxShortText,
		func(e *models.EventDetails) **string { return &e.UDFString8 }),
	floatField(spellings("udfFloat1", "udf_float_1"),
		func(e *models.EventDetails) **float64 { return &e.UDFFloat1 }),
	floatField(spellings("udfFloat2", "udf_float_2"),
		func(e *models.EventDetails) **float64 { return &e.UDFFloat2 }),
	floatField(spellings("udfFloat3", "udf_float_3"),
		func(e *models.EventDetails) **float64 { return &e.UDFFloat3 }),
	floatField(spellings("udfFloat4", "udf_float_4"),
		func(e *models.EventDetails) **float64 { return &e.UDFFloat4 }),
	dateField(spellings("udfDate1", "udf_date_1"),
		func(e *models.EventDetails) **time.Time { return &e.UDFDate1 }),
	dateField(spellings("udfDate2", "udf_date_2"),
		func(e *models.EventDetails) **time.Time { return &e.UDFDate2 }),
	dateField(spellings("udfDate3", "udf_date_3"),
		func(e *models.EventDetails) **time.Time { return &e.UDFDate3 }),
	dateField(spellings("udfDate4", "udf_date_4"),
		func(e *models.EventDetails) **time.Time { return &e.UDFDate4 }),
}

// fieldByName finds a field's index in fields, for each spelling. Building it completes the fields.
var fieldByName = func() (index [2]map[string]int) {
	for spelling := range index {
		index[spelling] = make(map[string]int, len(fields))
		for i := range fields {
			index[spelling][fields[i].names[spelling]] = i
			fields[i].paths[spelling] = []string{fields[i].names[spelling]}
		}
	}
	return index
}()

func spellings(camelCase, snakeCase string) [2]string { return [2]string{camelCase, snakeCase} }

func textField(names [2]string, maxLength int, at func(*models.EventDetails) **string) field {
	return field{names: names, read: readText(maxLength, at),
		appendTo: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendText(to, *at(&row.EventDetails))
		}}
}

// nameField describes a text that is a name. A blank name counts as none.
func nameField(names [2]string, at func(*models.EventDetails) **string) field {
	f := textField(names, MaxShortText, at)
	f.read = readName(at)
	return f
}

func floatField(names [2]string, at func(*models.EventDetails) **float64) field {
	return field{names: names, read: readFloat(at),
		appendTo: func(to []byte, row *models.WebCustomerEvent) []byte {
			if value := *at(&row.EventDetails); value != nil {
				return binary.BigEndian.AppendUint64(append(to, 1), math.Float64bits(*value))
			}
			return append(to, 0)
		}}
}

func dateField(names [2]string, at func(*models.EventDetails) **time.Time) field {
	return field{names: names, read: readDate(at),
		appendTo: func(to []byte, row *models.WebCustomerEvent) []byte {
			return appendTime(to, *at(&row.EventDetails))
		}}
}

func appendText(to []byte, value *string) []byte {
	if value == nil {
		return append(to, 0)
	}
	return append(binary.BigEndian.AppendUint32(append(to, 1), uint32(len(*value))), *value...)
}

func appendTime(to []byte, value *time.Time) []byte {
	if value == nil {
		return append(to, 0)
	}
	return binary.BigEndian.AppendUint64(append(to, 1), uint64(value.UnixMicro()))
}

func appendKey(to []byte, value *int64) []byte {
	if value == nil {
		return append(to, 0)
	}
	return binary.BigEndian.AppendUint64(append(to, 1), uint64(*value))
}

// differences returns the names of the fields in which two events differ.
func differences(a, b *models.WebCustomerEvent, spelling FieldNames) (names []string) {
	var left, right [64]byte
	for i := range fields {
		f := &fields[i]
		if f.appendTo != nil && !bytes.Equal(f.appendTo(left[:0], a), f.appendTo(right[:0], b)) {
			names = append(names, f.names[spelling])
		}
	}
	return names
}
