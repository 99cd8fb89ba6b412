package events

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"

	"customer-events/internal/strictjson"
	"customer-events/models"
)

// alternative is one way to identify a record. read leaves the reference unchanged if it adds a problem.
type alternative struct {
	names [2]string
	read  func(r *reader, ref *Reference, path []string) error
}

// oneOf is an object with exactly one of its alternatives. An alternative that is null counts as not given,
// because the clients of many typed languages write every member.
type oneOf struct {
	alternatives []alternative
	// secret keeps everything inside the object out of problems, names of unknown fields included.
	secret bool
	// passCode allows a pass code beside the identifier, as the Web API has it. In GraphQL both are in an
	// object of their own.
	passCode bool
}

const passCodeMember = "pass_code"

var (
	accountIdentifiers = oneOf{alternatives: []alternative{
		textAlternative(spellings("id", "id"), models.Accounts, models.ByID),
		textAlternative(spellings("number", "number"), models.Accounts, models.ByNumber),
		textAlternative(spellings("name", "name"), models.Accounts, models.ByName),
	}}
	participantIdentifiers = oneOf{alternatives: []alternative{
		textAlternative(spellings("id", "id"), models.Participants, models.ByID),
		textAlternative(spellings("number", "number"), models.Participants, models.ByNumber),
		{spellings("accessTokenIdentifier", "access_token_identifier"), readAccessToken},
	}}
	classificationIdentifiers = oneOf{alternatives: []alternative{
		textAlternative(spellings("id", "id"), models.Classifications, models.ByID),
		textAlternative(spellings("name", "name"), models.Classifications, models.ByName),
		textAlternative(alternativeCode, models.Classifications, models.ByAlternativeCode),
	}}
	unitIdentifiers = oneOf{alternatives: []alternative{
		textAlternative(spellings("id", "id"), models.Units, models.ByID),
		textAlternative(spellings("name", "name"), models.Units, models.ByName),
		textAlternative(alternativeCode, models.Units, models.ByAlternativeCode),
	}}
	alternativeCode = spellings("alternativeCode", "alternative_code")
)

// readOneOf returns a read function that reads an identifier into the reference that at returns.
func readOneOf(u oneOf, at func(*WebCustomerEventInput) *Reference) readFunc {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		return u.read(r, at(in), f.paths[r.FieldNames])
	}
}

// readCustomer returns the read function of one of the two identifiers of the customer. It rejects both
// together.
func readCustomer(u oneOf) readFunc {
	return func(r *reader, f *field, in *WebCustomerEventInput) error {
		name := f.names[r.FieldNames]
		if in.Customer.Given {
			r.addProblem(models.Invalid,
				name+" Is Given Beside "+in.Customer.Path[0]+": give exactly one of them.", name)
			return r.Skip()
		}
		return u.read(r, &in.Customer, f.paths[r.FieldNames])
	}
}

// read reads the object into ref. It leaves ref unchanged if it adds a problem.
func (u oneOf) read(r *reader, ref *Reference, path []string) error {
	name := path[len(path)-1]
	if r.Kind() != strictjson.Object {
		r.addProblem(models.Invalid, name+" Is Not Valid: write an object with exactly one of "+
			u.memberNames(r.FieldNames)+".", path...)
		return r.Skip()
	}
	given, problems := 0, len(r.in.Problems)
	var found Reference
	var passCode *string
	// seen and repeated are sets of alternatives, null ones included.
	var seen, repeated uint8
	err := r.Object(func(member string) error {
		if u.passCode && r.FieldNames == SnakeCase && member == passCodeMember {
			return r.readPassCode(&passCode, append(path[:len(path):len(path)], member))
		}
		i := u.find(member, r.FieldNames)
		if i < 0 {
			return u.addUnknown(r, member, path)
		}
		repeated |= seen & (1 << i)
		seen |= 1 << i
		if r.Kind() == strictjson.Null {
			return r.Null()
		}
		if given++; given > 1 {
			return r.Skip()
		}
		found.Path = r.arena.path(path, u.alternatives[i].names[r.FieldNames])
		return u.alternatives[i].read(r, &found, found.Path)
	})
	if err != nil {
		return err
	}
	if u.passCode && r.FieldNames == SnakeCase && found.Given && given == 1 {
		r.checkPassCode(&found, passCode, path, problems)
	}
	switch {
	case given > 1 || repeated != 0:
		// This comes before the problems of the first alternative: the code must not depend on the members'
		// order.
		if len(r.in.Problems) < maxProblems {
			has := strconv.Itoa(given) + " identifiers"
			if given < 2 {
				has = u.alternatives[bits.TrailingZeros8(repeated)].names[r.FieldNames] + " twice"
			}
			detail := fmt.Sprintf("%s Is Not Valid: it has %s, write exactly one of %s.",
				name, has, u.memberNames(r.FieldNames))
			r.in.Problems = slices.Insert(r.in.Problems, problems,
				models.Problem{Code: models.Invalid, Path: path, Detail: detail})
		}
	case given == 0 && bits.OnesCount8(seen) == 1: // it is null
		null := u.alternatives[bits.TrailingZeros8(seen)].names[r.FieldNames]
		r.addMandatory(append(path[:len(path):len(path)], null)...)
	case given == 0 && (seen != 0 || len(r.in.Problems) == problems):
		r.addProblem(models.Mandatory,
			name+" Is Mandatory: write exactly one of "+u.memberNames(r.FieldNames)+".", path...)
	case len(r.in.Problems) == problems:
		*ref = found
	}
	return nil
}

// find returns the index of an alternative, or -1 if there is none with this name.
func (u oneOf) find(member string, spelling FieldNames) int {
	for i := range u.alternatives {
		if u.alternatives[i].names[spelling] == member {
			return i
		}
	}
	return -1
}

// addUnknown consumes the value of a member that is no alternative, and adds a problem.
func (u oneOf) addUnknown(r *reader, member string, path []string) error {
	if r.isAbsent() {
		return r.Null()
	}
	name := path[len(path)-1]
	if u.secret {
		r.addProblem(models.Invalid, name+" Is Not Valid: it has an unknown field, write exactly one of "+
			u.memberNames(r.FieldNames)+".", path...)
		return r.Skip()
	}
	shown := models.Sanitize(member)
	r.addProblem(models.Invalid, shown+" Is Not A Field Of "+name+": write exactly one of "+
		u.memberNames(r.FieldNames)+".", append(path[:len(path):len(path)], shown)...)
	return r.Skip()
}

func (u oneOf) memberNames(spelling FieldNames) (list string) {
	for i := range u.alternatives {
		if i > 0 {
			list += ", "
		}
		list += u.alternatives[i].names[spelling]
	}
	return list
}

// textAlternative identifies a record by a text that the CRM stores as it is.
func textAlternative(names [2]string, kind models.Kind, by models.Attribute) alternative {
	return alternative{names, func(r *reader, ref *Reference, path []string) error {
		value, ok, err := r.readString(MaxShortText, false, path...)
		if ok && isBlank(value) {
			r.addMandatory(path...)
			ok = false
		}
		if ok {
			ref.Given, ref.Target = true, models.Reference{Kind: kind, By: by, Value: value}
		}
		return err
	}}
}
