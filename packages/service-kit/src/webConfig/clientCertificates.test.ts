import { expect, test } from 'vitest';
import { alternativeNames } from './clientCertificates.ts';

test("the names of a certificate are read from Node's text of them", () => {
  expect(
    alternativeNames(
      'DNS:a.example, email:b@c, URI:spiffe://d/e, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    ),
  ).toEqual(['a.example', 'b@c', 'spiffe://d/e', '10.0.0.1', '[::1]']);
  expect(alternativeNames('DNS:"a, DNS:trusted.example", DNS:b')).toEqual(['a, DNS:trusted.example', 'b']);
  expect(alternativeNames('')).toEqual([]);
});
