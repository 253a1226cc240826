import { describe, expect, it } from 'vitest';
import { safeNext } from './safeNext';

describe('where the log-in leads', () => {
  it('is the page that was asked for', () => {
    for (const page of ['/home', '/p/123', '/@ana', '/@ana/followers', '/c/little-lions', '/c/%E6%9D%91', '/chat/join#abc', '/people?q=ana', '/loginsights', '/c/login']) {
      expect(safeNext(page)).toBe(page);
    }
  });

  it.each([
    ['//evil.example'],
    ['///evil.example'],
    ['https://evil.example'],
    ['/\\evil.example'],
    ['\\\\evil.example'],
    ['/%5Cevil.example'],
    ['/%2F%2Fevil.example'],
    ['/%2Fevil.example'],
    ['/a/..//evil.example'],
    ['/home/%2e%2e//evil.example'],
    ['/\t/evil.example'],
    ['/ho\nme'],
    ['javascript:alert(1)'],
    ['JAVASCRIPT:alert(1)'],
    ['/javascript:alert(1)\u0000'],
    ['data:text/html,x'],
    ['evil.example'],
    ['@evil.example'],
    ['/.evil.example'],
    [''],
    ['/'],
    ['/%'],
  ])('is home, and never another site: %j', (next) => {
    expect(safeNext(next)).toBe('/home');
  });

  it.each([
    ['/login'],
    ['/login/'],
    ['/LOGIN'],
    ['/login?next=/login'],
    ['/login?next=%2Flogin%3Fnext%3D%2Fp%2F1'],
    ['/login#reset=abc'],
    ['/signup'],
    ['/reset'],
    ['/join/abc-def'],
    ['/%6Cogin'],
    ['/%256Cogin'],
    ['/login%3Fnext=/home'],
    ['/login%2Fx'],
    ['/home/../login'],
    ['/home/%2e%2e/login'],
    ['/./login'],
    ['/login;x'],
  ])('is home, and not round in a circle: %j', (next) => {
    expect(safeNext(next)).toBe('/home');
  });

  it('is home for what is no address', () => {
    for (const next of [undefined, null, 7, {}, ['/home'], true]) expect(safeNext(next)).toBe('/home');
  });
});
