// The part of Node's `Buffer` that payload formatters use. Evaluated where a script names it.
globalThis.Buffer = (() => {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

  const fromHex = (text) => {
    const bytes = [];
    for (let i = 0; i + 1 < text.length; i += 2) {
      const pair = text.slice(i, i + 2);
      if (!/^[0-9a-f]{2}$/i.test(pair)) break;
      bytes.push(parseInt(pair, 16));
    }
    return bytes;
  };
  const fromBase64 = (text) => {
    const bytes = [];
    let bits = 0, held = 0;
    for (const character of text.replace(/-/g, '+').replace(/_/g, '/')) {
      const value = digits.indexOf(character);
      if (value < 0) continue;
      held = ((held << 6) | value) & 0xfff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes.push((held >> bits) & 255);
      }
    }
    return bytes;
  };
  const fromUtf8 = (text) => {
    const escaped = encodeURIComponent(text.toWellFormed());
    const bytes = [];
    for (let i = 0; i < escaped.length; i++) {
      if (escaped[i] === '%') {
        bytes.push(parseInt(escaped.slice(i + 1, i + 3), 16));
        i += 2;
      } else bytes.push(escaped.charCodeAt(i));
    }
    return bytes;
  };
  const fromLatin1 = (text) => Array.from(text, (character) => character.charCodeAt(0) & 255);
  const toHex = (bytes) => Array.from(bytes, (byte) => (byte < 16 ? '0' : '') + byte.toString(16)).join('');
  const toBase64 = (bytes) => btoa(toLatin1(bytes));
  const toLatin1 = (bytes) => String.fromCharCode(...bytes);
  const toUtf8 = (bytes) => {
    let text = '';
    for (let i = 0; i < bytes.length; ) {
      const first = bytes[i];
      const length = first < 0x80 ? 1 : first >> 5 === 6 ? 2 : first >> 4 === 14 ? 3 : first >> 3 === 30 ? 4 : 0;
      try {
        if (!length) throw new URIError();
        text += decodeURIComponent(`%${toHex(bytes.subarray(i, i + length)).match(/../g).join('%')}`);
        i += length;
      } catch {
        text += '\ufffd';
        i += 1;
      }
    }
    return text;
  };
  const encodings = {
    hex: [fromHex, toHex],
    base64: [fromBase64, toBase64],
    utf8: [fromUtf8, toUtf8],
    latin1: [fromLatin1, toLatin1],
  };
  const aliases = { 'utf-8': 'utf8', binary: 'latin1', ascii: 'latin1', base64url: 'base64' };
  const encoding = (name) => {
    const lower = String(name === undefined ? 'utf8' : name).toLowerCase();
    const found = encodings[aliases[lower] || lower];
    if (!found) throw new TypeError(`Unknown encoding: ${name}`);
    return found;
  };

  class Buffer extends Uint8Array {
    static from(value, name, length) {
      if (typeof value === 'string') return new Buffer(encoding(name)[0](value));
      if (value instanceof ArrayBuffer) return new Buffer(value, name, length);
      return new Buffer(value && value.type === 'Buffer' ? value.data : value);
    }
    static alloc(size, fill) {
      const made = new Buffer(size);
      return fill === undefined ? made : made.fill(fill);
    }
    static allocUnsafe(size) {
      return new Buffer(size);
    }
    static concat(list) {
      return new Buffer(list.flatMap((each) => [...each]));
    }
    static isBuffer(value) {
      return value instanceof Buffer;
    }
    // Shares its bytes, as Node's does.
    slice(start, end) {
      return this.subarray(start, end);
    }
    equals(other) {
      return toHex(this) === toHex(other);
    }
    toString(name, start = 0, end = this.length) {
      return encoding(name)[1](this.subarray(start, end));
    }
    toJSON() {
      return { type: 'Buffer', data: Array.from(this) };
    }
  }
  const define = (name, method) => {
    Object.defineProperty(Buffer.prototype, name, { value: method, writable: true, configurable: true });
    // Node has both spellings.
    const other = name.replace('UInt', 'Uint');
    if (other !== name) define(other, method);
  };
  const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const numbers = { Int8: 1, UInt8: 1, Int16: 2, UInt16: 2, Int32: 4, UInt32: 4, Float: 4, Double: 8, BigInt64: 8, BigUInt64: 8 };
  const ofView = { Float: 'Float32', Double: 'Float64' };
  for (const [name, size] of Object.entries(numbers)) {
    const method = ofView[name] || name.replace('UInt', 'Uint');
    for (const [ending, little] of size === 1 ? [['', true]] : [['BE', false], ['LE', true]]) {
      define(`read${name}${ending}`, function (offset = 0) {
        return view(this)[`get${method}`](offset, little);
      });
      define(`write${name}${ending}`, function (value, offset = 0) {
        view(this)[`set${method}`](offset, value, little);
        return offset + size;
      });
    }
  }
  const inOrder = (buffer, offset, length, little) => {
    if (offset < 0 || offset + length > buffer.length) throw new RangeError('offset is outside of the buffer');
    const bytes = [...buffer.subarray(offset, offset + length)];
    return little ? bytes.reverse() : bytes;
  };
  for (const [ending, little] of [['BE', false], ['LE', true]]) {
    const read = (buffer, offset, length) => inOrder(buffer, offset, length, little).reduce((sum, byte) => sum * 256 + byte, 0);
    const write = function (value, offset, length) {
      for (let i = 0; i < length; i++) {
        this[offset + (little ? i : length - 1 - i)] = Math.floor(value / 256 ** i) & 255;
      }
      return offset + length;
    };
    define(`readUInt${ending}`, function (offset, length) {
      return read(this, offset, length);
    });
    define(`readInt${ending}`, function (offset, length) {
      const value = read(this, offset, length);
      return value >= 2 ** (8 * length - 1) ? value - 2 ** (8 * length) : value;
    });
    define(`writeUInt${ending}`, write);
    define(`writeInt${ending}`, write);
  }
  return Buffer;
})();
0;
