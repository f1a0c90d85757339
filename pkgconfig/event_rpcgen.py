#!/usr/bin/env python3
"""Writes the C code for the messages of a .rpc file: a struct and its functions for each.

    event_rpcgen.py FILE.rpc                writes FILE.gen.h and FILE.gen.c to this folder
    event_rpcgen.py FILE.rpc HEADER SOURCE  writes those

docs/rpcgen.md of evhub describes the language and what is made of it. Here, from the top: reading
(tokens, then a parser), the names that are given away twice, the code of each type of member, the
code of structs, the files. Code is written as plain text with $names, which fill() replaces.
"""

import os
import re
import sys
from string import Template

# A message may be nested so deep: beyond it a stranger's bytes could use up the reader's stack.
MAX_DEPTH = 100
# Tags are constants of an enum, which are ints, and one more is needed for NAME_MAX_TAGS.
MAX_TAG = 2**31 - 2
MAX_BYTES = 2**31 - 1

C_KEYWORDS = frozenset(
    'auto break case char const continue default do double else enum extern float for goto if '
    'inline int long register restrict return short signed sizeof static struct switch typedef '
    'union unsigned void volatile while'.split())

# What event.h has already: structs, and functions called like those that are made here.
TAKEN_STRUCTS = frozenset('bufferevent evbuffer event event_base evkeyval timeval'.split())
TAKEN_NAMES = frozenset(
    f'evtag_{verb}{what}' for verb in ('marshal', 'unmarshal')
    for what in ('', '_int', '_string', '_timeval', '_fixed'))


class Problem(Exception):
    """What is wrong with the .rpc file, and in which line."""

    def __init__(self, line, text):
        super().__init__(text)
        self.line = line


# Reading

TOKEN = re.compile(r'''
    (?P<blank> \s+ | /\*.*?\*/ | //[^\n]*)
    | (?P<directive> \# (?: \\\n | /\*.*?\*/ | "[^"\n]*" | (?!//)[^\n] )*)
    | (?P<word> [A-Za-z_]\w*)
    | (?P<number> [0-9]\w*)
    | (?P<mark> [][{}=;])
''', re.VERBOSE | re.DOTALL | re.ASCII)

NUMBER = re.compile(r'0 | [1-9][0-9]* | 0[xX][0-9a-fA-F]+', re.VERBOSE)

DIRECTIVE = re.compile(
    r'\#\s*(include|define|undef|if|ifdef|ifndef|elif|else|endif|pragma|error|warning)\b')
# What a preprocessor leaves behind: # 1 "file.rpc"
LINE_MARKER = re.compile(r'\#\s*(line\b|[0-9]|$)')


class Token:
    """A piece of the .rpc file that means something; the last one has no kind."""

    def __init__(self, kind, text, line):
        self.kind = kind
        self.text = text
        self.line = line

    def __str__(self):
        return f"'{self.text}'" if self.kind else 'the end of the file'


def tokens(text):
    """Yields the tokens of a text."""
    at, line = 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if text.startswith('/*', at) and not match:
            raise Problem(line, 'a comment without an end')
        if not match:
            raise Problem(line, f'unexpected {text[at]!r}')
        if match.lastgroup != 'blank':
            yield Token(match.lastgroup, match.group(), line)
        line += match.group().count('\n')
        at = match.end()
    yield Token(None, '', line)


class Member:
    """A member of a struct: `optional array TYPE NAME = TAG`."""

    def __init__(self, how, type_name, argument, name, tag, line):
        self.is_array = how == 'array'
        # An array may be empty, so that there always is one.
        self.is_required = how is None
        self.type = type_name
        self.argument = argument
        self.name = name
        self.tag = tag
        self.line = line


class Struct:
    """A message."""

    def __init__(self, name, line):
        self.name = name
        self.line = line
        self.members = []


class Parser:
    """Reads a .rpc file into its structs, and the directives of the C preprocessor."""

    def __init__(self, text):
        self.rest = tokens(text)
        self.next = next(self.rest)
        self.structs = []
        self.directives = []

    def parse(self):
        """Reads everything."""
        while self.next.kind:
            if self.next.kind == 'directive':
                self.directive(self.take())
            else:
                self.struct()
        if not self.structs:
            raise Problem(self.next.line, 'there is no struct in the file')

    def take(self):
        """The next token, whatever it is."""
        token = self.next
        if token.kind:
            self.next = next(self.rest)
        return token

    def expect(self, text):
        """Takes a token that must be there."""
        if self.next.text != text:
            raise Problem(self.next.line, f"expected '{text}', not {self.next}")
        return self.take()

    def name(self, of_what):
        """Takes the name of something."""
        if self.next.kind != 'word':
            raise Problem(self.next.line, f'expected the name of {of_what}, not {self.next}')
        return self.take()

    def number(self, of_what, least, most):
        """Takes a number that must lie in a range."""
        token = self.next
        if token.kind != 'number' or not NUMBER.fullmatch(token.text):
            raise Problem(token.line, f'expected {of_what}, decimal or with 0x, not {token}')
        self.take()
        # Python converts no number of thousands of digits.
        value = int(token.text, 0) if len(token.text) < 20 else most + 1
        if not least <= value <= most:
            raise Problem(token.line, f'{of_what} must be {least} to {most}, not {token}')
        return value

    def directive(self, token):
        """Keeps a line for the C preprocessor: the header will have it."""
        text = re.sub(r'/\*.*?\*/', ' ', token.text, flags=re.DOTALL).rstrip()
        if LINE_MARKER.match(text):
            return
        if not DIRECTIVE.match(text):
            raise Problem(token.line, f"'{text}' is unknown to the C preprocessor")
        if '/*' in re.sub('"[^"]*"', '', text):
            raise Problem(token.line, 'a comment without an end')
        self.directives.append(text)

    def struct(self):
        """struct NAME { member; ... }"""
        self.expect('struct')
        token = self.name('a struct')
        struct = Struct(token.text, token.line)
        if struct.name in C_KEYWORDS:
            raise Problem(token.line, f"a struct cannot be called '{token.text}' in C")
        for other in self.structs:
            if other.name == struct.name:
                raise Problem(token.line, f"struct '{struct.name}' is there already, in line "
                                          f'{other.line}')
        self.expect('{')
        while self.next.text != '}':
            self.add(struct, self.member())
        self.expect('}')
        if self.next.text == ';':
            self.take()
        # It would be an empty body of a request, which no server answers.
        if not struct.members:
            raise Problem(token.line, f"struct '{struct.name}' has no members")
        self.structs.append(struct)

    def add(self, struct, member):
        """Adds a member whose name and tag must be new."""
        for other in struct.members:
            if other.name == member.name:
                raise Problem(member.line, f"'{member.name}' is there already, in line "
                                           f'{other.line}')
            if other.tag == member.tag:
                raise Problem(member.line, f"tag {member.tag} of '{member.name}' is already "
                                           f"that of '{other.name}' in line {other.line}")
        struct.members.append(member)

    def member(self):
        """[optional|array] TYPE NAME = TAG; or, for bytes, TYPE NAME[N] = TAG;"""
        if self.next.kind == 'directive':
            raise Problem(self.next.line, 'a line for the C preprocessor cannot stand in a struct')
        how = None
        while self.next.text in ('optional', 'array'):
            if how:
                raise Problem(self.next.line, "a member is either 'optional' or 'array', which "
                                              'may be empty')
            how = self.take().text
        type_name, argument = self.type()
        token = self.name('a member')
        if type_name == 'bytes' and self.next.text == '[':
            type_name, argument = 'fixed', self.size()
        self.expect('=')
        tag = self.number('a tag', 0, MAX_TAG)
        self.expect(';')
        return Member(how, type_name, argument, token.text, tag, token.line)

    def type(self):
        """int, string, bytes, bytes[N] or struct[NAME]: the type, and what is in brackets.

        The N may stand behind the name of the member, too.
        """
        token = self.take()
        argument = None
        if token.text == 'struct':
            self.expect('[')
            argument = self.name('a struct').text
            self.expect(']')
        elif token.text == 'bytes' and self.next.text == '[':
            return 'fixed', self.size()
        elif token.text not in ('int', 'string', 'bytes'):
            raise Problem(token.line, 'expected int, string, bytes, bytes[N] or struct[NAME], '
                                      f'not {token}')
        return token.text, argument

    def size(self):
        """[N]: so many bytes."""
        self.expect('[')
        size = self.number('a size', 1, MAX_BYTES)
        self.expect(']')
        return size


# Names

def check_names(parser):
    """Raises a Problem if C would have something twice, or lacks a struct."""
    known = {struct.name for struct in parser.structs}
    # Structs of other .rpc files come with the headers that were made of those.
    has_includes = any(re.match(r'#\s*include\b', line) for line in parser.directives)
    structs = dict.fromkeys(TAKEN_STRUCTS, 'event.h')
    names = dict.fromkeys(TAKEN_NAMES, 'event.h')
    names.update(dict.fromkeys(HELPERS, 'every such file'))
    for struct in parser.structs:
        claim(structs, 'struct ', [struct.name, f'{struct.name}_access_'], struct.line)
        claim(names, '', struct_names(struct.name), struct.line)
        for member in struct.members:
            if member.type == 'struct' and member.argument not in known and not has_includes:
                raise Problem(member.line, f"struct '{member.argument}' is not in the file, and "
                                           'nothing is included')
            claim(names, '', member_names(struct.name, member), member.line)
            if member.is_array and member.type == 'bytes':
                claim(structs, 'struct ', [f'{struct.name}_{member.name}_item_'], member.line)


def claim(taken, prefix, names, line):
    """Marks names as taken by a line; they must not be taken already."""
    for name in names:
        if name in taken:
            raise Problem(line, f"'{prefix}{name}' would be in C twice: there is one of "
                                f'{taken[name]}')
        taken[name] = f'line {line}'


def struct_names(name):
    """The functions and constants of a struct."""
    verbs = 'new free clear marshal unmarshal complete read_ write_ copy_ base_'.split()
    return ([f'{name}_{verb}' for verb in verbs] +
            [f'evtag_{verb}_{name}' for verb in ('marshal', 'unmarshal')] +
            [f'{name}_max_tags'.upper()])


def member_names(struct, member):
    """Those of a member."""
    verbs = 'assign get add room_ store_'.split() if member.is_array else 'assign get'.split()
    names = [f'{struct}_{member.name}_{verb}' for verb in verbs]
    return names + [f'{struct}_{member.name}'.upper()]


def fill(text, names):
    """Replaces the $names of a text."""
    return Template(text).substitute(names)


# Types

class Type:
    """The C code of a type of member.

    $slot is where a value is stored, $length where its length is (bytes only), $tag its tag,
    $argument what is in brackets. single and array declare the member, pointer is the type of an
    array, item defines what it has, unless C knows it. given and wanted are the parameters of
    assign and get. store and read return -1 and leave the slot alone if they fail; from $keep on
    the slot is the message's own. added is what add returns: type and value.
    """

    def __init__(self, **texts):
        self.item = self.local = self.drop = ''
        self.__dict__.update(texts)


TYPES = {
    'int': Type(
        single='uint32_t ${f}_data;',
        array='uint32_t *${f}_data;',
        pointer='uint32_t *',
        given=', uint32_t value',
        wanted=', uint32_t *value',
        names=', value',
        store='''\
	$slot = value;
''',
        fetch='''\
	*value = $slot;
''',
        write='evtag_marshal_int(out, $tag, $slot);',
        read='''\
			if (evtag_unmarshal_int(evbuf, tag, &$slot) == -1)
				return (-1);
			$keep
''',
        added=('uint32_t *', '&$slot')),
    'string': Type(
        single='char *${f}_data;',
        array='char **${f}_data;',
        pointer='char **',
        given=', const char *value',
        wanted=', char **value',
        names=', value',
        local='\tchar *copy;\n',
        store='''\
	if (value == NULL)
		return (-1);
	/* The value may be the old one, or a part of it. */
	copy = (char *)rpcgen_copy_(value, strlen(value) + 1);
	if (copy == NULL)
		return (-1);
	free($slot);
	$slot = copy;
''',
        fetch='''\
	*value = $slot;
''',
        drop='free($slot);',
        write='evtag_marshal_string(out, $tag, $slot);',
        read='''\
			if (evtag_unmarshal_string(evbuf, tag, &$slot) == -1)
				return (-1);
			$keep
''',
        added=('char **', '&$slot')),
    'fixed': Type(
        single='uint8_t ${f}_data[$argument];',
        given=', const uint8_t *value',
        wanted=', uint8_t **value',
        store='''\
	if (value == NULL)
		return (-1);
	memmove($slot, value, $argument);
''',
        fetch='''\
	*value = $slot;
''',
        write='evtag_marshal(out, $tag, $slot, $argument);',
        read='''\
			if (evtag_unmarshal_fixed(evbuf, tag, $slot, $argument) == -1)
				return (-1);
			$keep
'''),
    # Each has its own memory, so that what get and add return stays where it is.
    'array of fixed': Type(
        array='uint8_t **${f}_data;',
        pointer='uint8_t **',
        given=', const uint8_t *value',
        wanted=', uint8_t **value',
        names=', value',
        local='\tuint8_t *copy;\n',
        store='''\
	if (value == NULL)
		return (-1);
	copy = (uint8_t *)rpcgen_copy_(value, $argument);
	if (copy == NULL)
		return (-1);
	free($slot);
	$slot = copy;
''',
        fetch='''\
	*value = $slot;
''',
        drop='free($slot);',
        write='evtag_marshal(out, $tag, $slot, $argument);',
        read='''\
			if (payload != $argument ||
			    rpcgen_bytes_(evbuf, tag, payload, &$slot) == -1)
				return (-1);
			$keep
''',
        added=('uint8_t *', '$slot')),
    'bytes': Type(
        single='uint8_t *${f}_data;\n\tuint32_t ${f}_length;',
        item='''
/* One of the $f. */
struct ${s}_${f}_item_ {
	uint8_t *data;
	uint32_t length;
};
''',
        array='struct ${s}_${f}_item_ *${f}_data;',
        pointer='struct ${s}_${f}_item_ *',
        given=', const uint8_t *value, uint32_t length',
        wanted=', uint8_t **value, uint32_t *length',
        names=', value, length',
        local='\tuint8_t *copy;\n',
        store='''\
	if (value == NULL && length > 0)
		return (-1);
	/* The value may be the old one, or a part of it. */
	copy = (uint8_t *)rpcgen_copy_(value, length);
	if (copy == NULL)
		return (-1);
	free($slot);
	$slot = copy;
	$length = length;
''',
        fetch='''\
	*value = $slot;
	*length = $length;
''',
        drop='free($slot);',
        write='evtag_marshal(out, $tag, $slot, $length);',
        read='''\
			if (rpcgen_bytes_(evbuf, tag, payload, &$slot) == -1)
				return (-1);
			$length = payload;
			$keep
''',
        added=('uint8_t *', '$slot')),
    'struct': Type(
        single='struct $argument *${f}_data;',
        array='struct $argument **${f}_data;',
        pointer='struct $argument **',
        given=', const struct $argument *value',
        wanted=', struct $argument **value',
        names=', value',
        local='\tstruct $argument *copy;\n',
        store='''\
	/* The value may be the old one, or a part of it. */
	copy = ${argument}_copy_(value);
	if (copy == NULL)
		return (-1);
	${argument}_free($slot);
	$slot = copy;
''',
        fetch='''\
	*value = $slot;
''',
        drop='${argument}_free($slot);',
        write='evtag_marshal_$argument(out, $tag, $slot);',
        read='''\
			$slot = ${argument}_new();
			if ($slot == NULL)
				return (-1);
			$keep
			evbuffer_drain(evbuf, total - payload);
			if (${argument}_read_($slot, evbuf, payload, depth + 1) == -1)
				return (-1);
''',
        added=('struct $argument *', '$slot')),
}


# Members

ASSIGN = '''\

int
${s}_${f}_assign(struct $s *msg$given)
{
$local$gap$store	msg->${f}_set = 1;
	return (0);
}
'''

GET = '''\

int
${s}_${f}_get(struct $s *msg$wanted)
{
	if (!msg->${f}_set)
		return (-1);
$fetch	return (0);
}
'''

# Asking for a struct that is not there makes it: that is how nested messages are filled.
GET_STRUCT = '''\

int
${s}_${f}_get(struct $s *msg$wanted)
{
	if (!msg->${f}_set) {
		msg->${f}_data = ${argument}_new();
		if (msg->${f}_data == NULL)
			return (-1);
		msg->${f}_set = 1;
	}
$fetch	return (0);
}
'''

ROOM = '''\

/* Makes room for one more, which is all zeros. */
static int
${s}_${f}_room_(struct $s *msg)
{
	void *data = rpcgen_grow_(msg->${f}_data, msg->${f}_length, &msg->${f}_num_allocated,
	    sizeof(*msg->${f}_data));

	if (data == NULL)
		return (-1);
	msg->${f}_data = ($pointer)data;
	memset(&msg->${f}_data[msg->${f}_length], 0, sizeof(*msg->${f}_data));
	return (0);
}
'''

STORE = '''\

static int
${s}_${f}_store_(struct $s *msg, int i$given)
{
$local$gap$store	return (0);
}
'''

ARRAY_ASSIGN = '''\

int
${s}_${f}_assign(struct $s *msg, int i$given)
{
	if (i < 0 || i >= msg->${f}_length)
		return (-1);
	return (${s}_${f}_store_(msg, i$names));
}
'''

ARRAY_GET = '''\

int
${s}_${f}_get(struct $s *msg, int i$wanted)
{
	if (i < 0 || i >= msg->${f}_length)
		return (-1);
$fetch	return (0);
}
'''

ARRAY_ADD = '''\

$added_type
${s}_${f}_add(struct $s *msg$given)
{
	int i = msg->${f}_length;

	if (${s}_${f}_room_(msg) == -1 || ${s}_${f}_store_(msg, i$names) == -1)
		return (NULL);
	msg->${f}_length++;
	msg->${f}_set = 1;
	return ($added_value);
}
'''

# A struct is added empty, and filled then.
ARRAY_ADD_STRUCT = '''\

struct $argument *
${s}_${f}_add(struct $s *msg)
{
	int i = msg->${f}_length;

	if (${s}_${f}_room_(msg) == -1)
		return (NULL);
	$slot = ${argument}_new();
	if ($slot == NULL)
		return (NULL);
	msg->${f}_length++;
	msg->${f}_set = 1;
	return ($slot);
}
'''

CASE = '''\
		case $tag:
$begin$read			break;
'''

REFUSE_SECOND = '''\
			if (msg->${f}_set)
				return (-1);
'''

MAKE_ROOM = '''\
			if (${s}_${f}_room_(msg) == -1)
				return (-1);
			i = msg->${f}_length;
'''


class MemberCode:
    """The code of one member of a struct."""

    def __init__(self, struct, member):
        self.member = member
        is_array = member.is_array
        self.type = TYPES['array of fixed' if is_array and member.type == 'fixed'
                          else member.type]
        slot = f'msg->{member.name}_data' + ('[i]' if is_array else '')
        # An element of an array of bytes is a struct of both.
        is_item = is_array and member.type == 'bytes'
        self.names = {
            's': struct.name,
            'f': member.name,
            'argument': member.argument,
            'tag': f'{struct.name}_{member.name}'.upper(),
            'slot': slot + '.data' if is_item else slot,
            'length': slot + '.length' if is_item else f'msg->{member.name}_length',
        }

    def fill(self, text, **names):
        """Replaces the $names of a text."""
        return fill(text, dict(self.names, **names))

    def item(self):
        """The type of an element, if it has to be defined."""
        return self.fill(self.type.item) if self.member.is_array else ''

    def declaration(self):
        """The fields of the struct."""
        if self.member.is_array:
            return self.fill('\n\t' + self.type.array + '\n\tint ${f}_length;\n'
                             '\tint ${f}_num_allocated;\n\tuint8_t ${f}_set;\n')
        return self.fill('\n\t' + self.type.single + '\n\tuint8_t ${f}_set;\n')

    def signatures(self):
        """The functions of the member: type, verb, parameters after the message."""
        index = ', int i' if self.member.is_array else ''
        found = [('int ', 'assign', index + self.type.given),
                 ('int ', 'get', index + self.type.wanted)]
        if self.member.is_array:
            given = '' if self.member.type == 'struct' else self.type.given
            found.append((self.type.added[0], 'add', given))
        return [tuple(map(self.fill, each)) for each in found]

    def functions(self):
        """Their definitions."""
        is_struct = self.member.type == 'struct'
        if self.member.is_array:
            add = ARRAY_ADD_STRUCT if is_struct else ARRAY_ADD
            texts = [ROOM, STORE, ARRAY_ASSIGN, ARRAY_GET, add]
        else:
            texts = [ASSIGN, GET_STRUCT if is_struct else GET]
        parts = {name: self.fill(text) for name, text in vars(self.type).items()
                 if name not in ('read', 'added')}
        if self.member.is_array:
            added = map(self.fill, self.type.added)
            parts['added_type'], parts['added_value'] = added
        parts['gap'] = '\n' if parts['local'] else ''
        return ''.join(self.fill(text, **parts) for text in texts)

    def each(self, statements):
        """The statements, done with every value that the member has."""
        if self.member.is_array:
            head = 'for (i = 0; i < msg->${f}_length; i++) {'
        else:
            head = 'if (msg->${f}_set) {'
        lines = ''.join(f'\t\t{line}\n' for line in statements.split('\n'))
        return self.fill(f'\t{head}\n{lines}\t}}\n')

    def clear(self):
        """Frees the memory of the member; its fields stay as they are."""
        text = self.each(self.type.drop) if self.type.drop else ''
        if self.member.is_array:
            text += self.fill('\tfree(msg->${f}_data);\n')
        return text

    def complete(self):
        """Returns -1 if something is missing."""
        text = ''
        if self.member.is_required:
            text += self.fill('\tif (!msg->${f}_set)\n\t\treturn (-1);\n')
        if self.member.type == 'struct':
            text += self.each('if (${argument}_complete($slot) == -1)\n\treturn (-1);')
        return text

    def write(self):
        """Adds the member to a buffer."""
        return self.each(f'{self.type.write}\nif (!rpcgen_grew_(out, &size))\n\treturn (-1);')

    def read(self):
        """Takes the member from a buffer."""
        is_array = self.member.is_array
        keep = 'msg->${f}_set = 1;'
        if is_array:
            keep = f'msg->${{f}}_length++;\n\t\t\t{keep}'
        begin = self.fill(MAKE_ROOM if is_array else REFUSE_SECOND)
        read = self.fill(self.type.read, keep=self.fill(keep))
        return self.fill(CASE, begin=begin, read=read)


# Structs

STRUCT_HEADER = '''
/*
 * $s
 */

enum ${s}_ {
$tags	${tag}_MAX_TAGS = $max_tags
};

/* The functions of its members, which the EVTAG_ macros call. */
struct ${s}_access_ {
$pointers};
$items
struct $s {
	struct ${s}_access_ *base;
$fields};

$functions
/* An empty one; NULL without memory. */
struct $s *${s}_new(void);
/* Frees it and all that it has. */
void ${s}_free(struct $s *msg);
/* Makes it empty. */
void ${s}_clear(struct $s *msg);
/* 0 if every member is there that is not optional, in nested messages too; else -1. */
int ${s}_complete(struct $s *msg);
/* Adds the members that are set to a buffer; without memory nothing. */
void ${s}_marshal(struct evbuffer *evbuf, const struct $s *msg);
/* Takes all that is in a buffer: 0; -1 if that is not a complete message. */
int ${s}_unmarshal(struct $s *msg, struct evbuffer *evbuf);
/* The same as one record with a tag. What is not all there yet is left in the buffer. */
void evtag_marshal_$s(struct evbuffer *evbuf, uint32_t tag, const struct $s *msg);
int evtag_unmarshal_$s(struct evbuffer *evbuf, uint32_t need_tag, struct $s *msg);
/* Of use to generated code alone. */
int ${s}_write_(struct evbuffer *out, const struct $s *msg);
int ${s}_read_(struct $s *msg, struct evbuffer *evbuf, size_t size, int depth);
'''

STRUCT_SOURCE = '''
/*
 * $s
 */

static struct ${s}_access_ ${s}_base_ = {
$table};

struct $s *
${s}_new(void)
{
	struct $s *msg = (struct $s *)calloc(1, sizeof(*msg));

	if (msg != NULL)
		msg->base = &${s}_base_;
	return (msg);
}

void
${s}_free(struct $s *msg)
{
	if (msg == NULL)
		return;
	${s}_clear(msg);
	free(msg);
}

void
${s}_clear(struct $s *msg)
{
${clear}	memset(msg, 0, sizeof(*msg));
	msg->base = &${s}_base_;
}

int
${s}_complete(struct $s *msg)
{
${complete}	return (0);
}
$functions
/* -1 if a member could not be added; the others before it were. */
int
${s}_write_(struct evbuffer *out, const struct $s *msg)
{
${write}	return (0);
}

/* Takes the members from the next size bytes of a buffer, and does not look behind them. */
int
${s}_read_(struct $s *msg, struct evbuffer *evbuf, size_t size, int depth)
{
${read}
	if (depth > EVTAG_MAX_DEPTH)
		return (-1);
	for (; size > 0; size -= total) {
		if (rpcgen_next_(evbuf, size, &tag, &total, &payload) == -1)
			return (-1);
		switch (tag) {
${cases}		default:
			return (-1);
		}
	}
	return (0);
}

void
${s}_marshal(struct evbuffer *evbuf, const struct $s *msg)
{
	struct evbuffer *whole = evbuffer_new();

	if (whole == NULL)
		return;
	if (${s}_write_(whole, msg) == 0)
		evbuffer_add_buffer(evbuf, whole);
	evbuffer_free(whole);
}

int
${s}_unmarshal(struct $s *msg, struct evbuffer *evbuf)
{
	if (${s}_read_(msg, evbuf, EVBUFFER_LENGTH(evbuf), 0) == -1)
		return (-1);
	return (${s}_complete(msg));
}

void
evtag_marshal_$s(struct evbuffer *evbuf, uint32_t tag, const struct $s *msg)
{
	struct evbuffer *whole = evbuffer_new();

	if (whole == NULL)
		return;
	if (${s}_write_(whole, msg) == 0 && EVBUFFER_LENGTH(whole) <= (uint32_t)-1) {
		evtag_marshal(evbuf, tag, EVBUFFER_DATA(whole),
		    (uint32_t)EVBUFFER_LENGTH(whole));
	}
	evbuffer_free(whole);
}

int
evtag_unmarshal_$s(struct evbuffer *evbuf, uint32_t need_tag, struct $s *msg)
{
	uint32_t tag, total, payload;
	size_t behind;
	int result;

	if (rpcgen_next_(evbuf, EVBUFFER_LENGTH(evbuf), &tag, &total, &payload) == -1)
		return (-1);
	if (tag != need_tag) {
		evtag_consume(evbuf);
		return (-1);
	}
	behind = EVBUFFER_LENGTH(evbuf) - total;
	evbuffer_drain(evbuf, total - payload);
	result = ${s}_read_(msg, evbuf, payload, 0);
	/* A complete record is taken whole, even if something in it is wrong. */
	evbuffer_drain(evbuf, EVBUFFER_LENGTH(evbuf) - behind);
	if (result == -1)
		return (-1);
	return (${s}_complete(msg));
}
'''


class StructCode:
    """The code of one struct."""

    def __init__(self, struct):
        self.struct = struct
        self.members = [MemberCode(struct, member) for member in struct.members]

    def join(self, part):
        """A part of every member, one after the other."""
        return ''.join(part(member) for member in self.members)

    def header(self):
        """What the header says of it."""
        name = self.struct.name
        pointers, functions = [], []
        for member in self.members:
            field = member.member.name
            for result, verb, given in member.signatures():
                pointers.append(f'\t{result}(*{field}_{verb})(struct {name} *msg{given});\n')
                functions.append(f'{result}{name}_{field}_{verb}(struct {name} *msg{given});\n')
        return fill(STRUCT_HEADER, {
            's': name,
            'tag': name.upper(),
            'tags': self.join(lambda m: m.fill('\t$tag = ') + f'{m.member.tag},\n'),
            'max_tags': max(member.tag for member in self.struct.members) + 1,
            'pointers': ''.join(pointers),
            'items': self.join(MemberCode.item),
            'functions': ''.join(functions),
            'fields': self.join(MemberCode.declaration),
        })

    def source(self):
        """What the C file has of it."""
        name = self.struct.name
        table = [f'\t{name}_{member.member.name}_{verb}'
                 for member in self.members for _, verb, _ in member.signatures()]
        read = '\tuint32_t tag, total, payload;\n'
        if any(member.is_array for member in self.struct.members):
            read += '\tint i;\n'
        return fill(STRUCT_SOURCE, {
            's': name,
            'table': ',\n'.join(table) + '\n',
            'clear': with_index(self.join(MemberCode.clear)),
            # Nothing may be missing where all is optional.
            'complete': with_index(self.join(MemberCode.complete)) or '\t(void)msg;\n',
            'functions': self.join(MemberCode.functions),
            'write': with_index(self.join(MemberCode.write),
                                '\tsize_t size = EVBUFFER_LENGTH(out);\n'),
            'read': read,
            'cases': self.join(MemberCode.read),
        })


def with_index(statements, variables=''):
    """Puts variables before statements: those given, and the i of their loops."""
    if 'for (i = ' in statements:
        variables += '\tint i;\n'
    return f'{variables}\n{statements}' if variables else statements


# Files

HEADER = '''\
/* Made from $rpc by event_rpcgen.py: change that, not this. */
#ifndef $guard
#define $guard

#include <event.h>
$directives
#ifdef __cplusplus
extern "C" {
#endif

$structs$bodies
#ifdef __cplusplus
}
#endif

/*
 * EVTAG_HAS(msg, member)		is it there?
 * EVTAG_ASSIGN(msg, member, value)	stores a copy; bytes have a length behind the value
 * EVTAG_GET(msg, member, &value)	fetches it; it stays the message's
 * EVTAG_LEN(msg, member)		how many there are in an array, or bytes
 * EVTAG_ADD(msg, member[, value])	adds one to an array; structs are added empty
 *
 * In an array there is an index before the value of EVTAG_ASSIGN and EVTAG_GET. Both are 0, or -1;
 * EVTAG_ADD is a pointer to what was added, or NULL.
 */
#ifndef EVTAG_HAS
#ifdef __GNUC__
/* What follows is no pedant's C. */
#pragma GCC system_header
#endif
#define EVTAG_HAS(msg, member) ((msg)->member##_set == 1)
#define EVTAG_ASSIGN(msg, member, args...) ((msg)->base->member##_assign)(msg, ## args)
#define EVTAG_SET(msg, member, args...) ((msg)->base->member##_assign)(msg, ## args)
#define EVTAG_GET(msg, member, args...) ((msg)->base->member##_get)(msg, ## args)
#define EVTAG_ADD(msg, member, args...) ((msg)->base->member##_add)(msg, ## args)
#define EVTAG_LEN(msg, member) ((msg)->member##_length)
#endif

#endif /* $guard */
'''

SOURCE = '''\
/* Made from $rpc by event_rpcgen.py: change that, not this. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <event.h>
#include "$header"

/* Messages that are nested deeper are refused: they could use up the stack. */
#ifndef EVTAG_MAX_DEPTH
#define EVTAG_MAX_DEPTH $max_depth
#endif
$helpers$bodies'''

# Each is written if it is called.
HELPERS = {
    'rpcgen_next_': '''
/* Looks at the next record, which must end within size bytes. */
static int
rpcgen_next_(struct evbuffer *evbuf, size_t size, uint32_t *tag, uint32_t *total, uint32_t *payload)
{
	if (evtag_peek(evbuf, tag) == -1 || evtag_peek_length(evbuf, total) == -1 ||
	    evtag_payload_length(evbuf, payload) == -1 || *total > size)
		return (-1);
	return (0);
}
''',
    'rpcgen_grew_': '''
/* Has a record been added to a buffer that had so many bytes? */
static int
rpcgen_grew_(struct evbuffer *out, size_t *size)
{
	size_t old = *size;

	*size = EVBUFFER_LENGTH(out);
	return (*size > old);
}
''',
    'rpcgen_copy_': '''
/* A copy of bytes; never NULL but without memory. */
static void *
rpcgen_copy_(const void *value, size_t size)
{
	void *copy = malloc(size > 0 ? size : 1);

	if (copy != NULL && size > 0)
		memcpy(copy, value, size);
	return (copy);
}
''',
    'rpcgen_bytes_': '''
/* Takes a record that is all there, into memory of its own. */
static int
rpcgen_bytes_(struct evbuffer *evbuf, uint32_t tag, uint32_t payload, uint8_t **value)
{
	uint8_t *copy = (uint8_t *)malloc(payload > 0 ? payload : 1);

	if (copy == NULL)
		return (-1);
	if (evtag_unmarshal_fixed(evbuf, tag, copy, payload) == -1) {
		free(copy);
		return (-1);
	}
	*value = copy;
	return (0);
}
''',
    'rpcgen_grow_': '''
/* The array, with room for one more; NULL if that cannot be had, and the array stays. */
static void *
rpcgen_grow_(void *data, int length, int *num_allocated, size_t size)
{
	int wanted = *num_allocated > 0 ? *num_allocated : 4;

	if (length < *num_allocated)
		return (data);
	if (*num_allocated > 0) {
		if (wanted > INT_MAX / 2)
			return (NULL);
		wanted *= 2;
	}
	if ((size_t)wanted > (size_t)-1 / size)
		return (NULL);
	data = realloc(data, (size_t)wanted * size);
	if (data != NULL)
		*num_allocated = wanted;
	return (data);
}
''',
}

COPY_STRUCT = '''
/* A copy of a message; NULL if that is not complete, or without memory. */
static struct $s *
${s}_copy_(const struct $s *value)
{
	struct evbuffer *wire = evbuffer_new();
	struct $s *copy = ${s}_new();

	if (wire == NULL || copy == NULL || ${s}_write_(wire, value) == -1 ||
	    ${s}_unmarshal(copy, wire) == -1) {
		${s}_free(copy);
		copy = NULL;
	}
	if (wire != NULL)
		evbuffer_free(wire);
	return (copy);
}
'''


def nested_structs(structs):
    """The names of the structs that are members of others, each once."""
    nested = [member.argument for struct in structs for member in struct.members
              if member.type == 'struct']
    return list(dict.fromkeys(nested))


def header_text(rpc, header, parser):
    """The text of the header."""
    base = os.path.basename(header)
    # Structs of other files, too: their headers may come to need this one first.
    names = dict.fromkeys([struct.name for struct in parser.structs])
    names.update(dict.fromkeys(nested_structs(parser.structs)))
    return fill(HEADER, {
        'rpc': rpc,
        'guard': 'EVTAG_' + re.sub(r'\W', '_', base, flags=re.ASCII).upper() + '_',
        'directives': ''.join(f'{line}\n' for line in parser.directives),
        'structs': ''.join(f'struct {name};\n' for name in names),
        'bodies': ''.join(StructCode(struct).header() for struct in parser.structs),
    })


def source_text(rpc, header, source, parser):
    """The text of the C file."""
    copies = ''.join(fill(COPY_STRUCT, {'s': name}) for name in nested_structs(parser.structs))
    bodies = copies + ''.join(StructCode(struct).source() for struct in parser.structs)
    helpers = [text for name, text in HELPERS.items() if f'{name}(' in bodies]
    return fill(SOURCE, {
        'rpc': rpc,
        'header': os.path.relpath(header, os.path.dirname(source) or '.'),
        'max_depth': MAX_DEPTH,
        'helpers': ''.join(helpers),
        'bodies': bodies,
    })


def write_files(texts):
    """Writes all files, or none: each is complete before it gets its name."""
    # Of this process: make may run the same command twice at once.
    new = {path: f'{path}.{os.getpid()}.new' for path in texts}
    try:
        for path, text in texts.items():
            write_file(new[path], text, path)
        for path in texts:
            os.replace(new[path], path)
    finally:
        for path in new.values():
            if os.path.exists(path):
                os.remove(path)


def write_file(new, text, path):
    """Writes what will be called path; errors name that."""
    if os.path.isdir(path):
        raise IsADirectoryError(0, 'Is a directory', path)
    try:
        with open(new, 'w', encoding='latin-1') as file:
            file.write(text)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


def generate(rpc, header, source):
    """Reads a .rpc file and writes the two others."""
    # Bytes are passed through: what a comment is written in is nobody's business.
    with open(rpc, encoding='latin-1') as file:
        parser = Parser(file.read())
    parser.parse()
    check_names(parser)
    base = os.path.basename(rpc)
    write_files({
        header: header_text(base, header, parser),
        source: source_text(base, header, source, parser),
    })


def main(arguments):
    """Does what the command line asks for; returns the exit status."""
    if len(arguments) == 1:
        name = os.path.splitext(os.path.basename(arguments[0]))[0]
        arguments = [arguments[0], f'{name}.gen.h', f'{name}.gen.c']
    if len(arguments) != 3 or arguments[0].startswith('-'):
        print('usage: event_rpcgen.py FILE.rpc [HEADER SOURCE]', file=sys.stderr)
        return 1
    if len(set(map(os.path.realpath, arguments))) < 3:
        print('event_rpcgen.py: the three files must be different', file=sys.stderr)
        return 1
    try:
        generate(*arguments)
    except Problem as problem:
        print(f'{arguments[0]}:{problem.line}: {problem}', file=sys.stderr)
        return 1
    except OSError as error:
        print(f'event_rpcgen.py: {error.filename}: {error.strerror}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
