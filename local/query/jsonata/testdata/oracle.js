// The reference implementation with what Step Functions adds to it and takes away from it, for tests to compare with.
(function (jsonata, native) {
    'use strict';

    function fail(message) {
        throw {message: message};
    }

    // What the library takes from Node: $base64encode and $base64decode use a Buffer.
    globalThis.Buffer = {
        from: function (text, encoding) {
            return {
                toString: function () {
                    return encoding === 'base64' ? native.decode(text) : native.encode(text);
                }
            };
        }
    };

    // JavaScript's own functions that make much at once are bounded: no interrupt reaches into them.
    var maxText = 16 * 1024 * 1024, maxItems = 1e7;

    function bounded(prototype, name, excess) {
        var original = prototype[name];
        Object.defineProperty(prototype, name, {writable: true, configurable: true, value: function () {
            if (excess.apply(this, arguments)) {
                fail('A string or an array has become too long');
            }
            return original.apply(this, arguments);
        }});
    }

    function longer(text) {
        return String(this).length + String(text).length > maxText;
    }

    bounded(String.prototype, 'concat', longer);
    bounded(String.prototype, 'repeat', function (count) { return String(this).length * count > maxText; });
    bounded(String.prototype, 'padStart', function (length) { return length > maxText; });
    bounded(String.prototype, 'padEnd', function (length) { return length > maxText; });
    bounded(Array.prototype, 'concat', function (other) {
        return this.length + (Array.isArray(other) ? other.length : 1) > maxItems;
    });
    bounded(Array.prototype, 'join', function (separator) {
        var length = this.length * (separator === undefined ? 1 : String(separator).length);
        for (var i = 0; i < this.length && length <= maxText && this.length <= maxItems; i++) {
            length += typeof this[i] === 'string' ? this[i].length : 1;
        }
        return length > maxText || this.length > maxItems;
    });

    function partition(array, size) {
        if (array === undefined || size === undefined) {
            return undefined;
        }
        size = Math.round(size);
        if (size < 1) {
            fail('The chunk size of $partition must be a positive integer');
        }
        var chunks = [];
        for (var start = 0; start < array.length; start += size) {
            chunks.push(array.slice(start, start + size));
        }
        return chunks;
    }

    function range(first, last, step) {
        if (first === undefined || last === undefined || step === undefined) {
            return undefined;
        }
        first = Math.round(first);
        last = Math.round(last);
        step = Math.round(step);
        if (step === 0) {
            fail('The step of $range must not be 0');
        }
        var count = Math.floor((last - first) / step) + 1;
        if (count > 1e7) {
            fail('$range must not yield more than 10000000 numbers');
        }
        var numbers = [];
        for (var i = 0; i < count; i++) {
            numbers.push(first + i * step);
        }
        return numbers;
    }

    function hash(data, algorithm) {
        if (data === undefined || algorithm === undefined) {
            return undefined;
        }
        var digest = native.hash(data, algorithm);
        if (digest === null) {
            fail('$hash does not know the algorithm "' + algorithm + '": use MD5, SHA-1, SHA-256, SHA-384 or SHA-512');
        }
        return digest;
    }

    function parse(text) {
        if (text === undefined) {
            return undefined;
        }
        try {
            return JSON.parse(text);
        } catch (err) {
            fail('$parse was given a string that is not JSON: ' + err.message);
        }
    }

    function random(seed) {
        return seed === undefined ? Math.random() : native.random(Math.round(seed));
    }

    function uuid() {
        return native.uuid();
    }

    // plain tells what JSON would not carry: functions, and numbers that JSON does not have.
    function odd(value) {
        if (typeof value === 'number') {
            return isFinite(value) ? null : {code: 'D1001'};
        }
        if (typeof value === 'function' || value && (value._jsonata_lambda || value._jsonata_function)) {
            return {message: 'function'};
        }
        if (value === null || typeof value !== 'object') {
            return null;
        }
        return Object.keys(value).reduce(function (found, key) { return found || odd(value[key]); }, null);
    }

    // A text without a value is one that is not defined.
    function read(text) {
        return text === '' ? undefined : JSON.parse(text);
    }

    // Evaluates to {text} or {code, message} of what went wrong; {} is undefined.
    return async function (expression, input, bindings, stepFunctions) {
        try {
            var program = jsonata(expression);
            if (stepFunctions) {
                program.assign('eval', undefined);
                program.registerFunction('partition', partition, '<an:a>');
                program.registerFunction('range', range, '<nnn:a>');
                program.registerFunction('hash', hash, '<ss:s>');
                program.registerFunction('parse', parse, '<s-:x>');
                program.registerFunction('random', random, '<n?:n>');
                program.registerFunction('uuid', uuid, '<:s>');
            }
            var value = await program.evaluate(read(input), read(bindings));
            return odd(value) || {text: JSON.stringify(value)};
        } catch (err) {
            return {code: err.code || '', message: String(err.message || err)};
        }
    };
})
