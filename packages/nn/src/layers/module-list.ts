import { ArgumentError } from '@normgrad/autograd';
import { type AnyModule, Module } from '../module.ts';

/** Modules by number, to be called one by one; in state dicts they are called 0, 1, ... A plain array in a field does the same. */
export class ModuleList<M extends AnyModule = Module> extends Module<readonly unknown[], never> implements Iterable<M> {
  protected readonly modules: M[];

  constructor(modules: Iterable<M> = []) {
    super();
    this.modules = [...modules];
  }

  get length(): number {
    return this.modules.length;
  }

  [Symbol.iterator](): IterableIterator<M> {
    return this.modules.values();
  }

  /**
   * The module at an index; negative ones count from the end.
   *
   * @throws ArgumentError if there is none.
   */
  at(index: number): M {
    const module = this.modules.at(index);
    if (module && Number.isInteger(index)) return module;
    throw new ArgumentError(`ModuleList: there is no module ${index}; it must be an integer, from 0 to ${this.length - 1} here.`);
  }

  /** Adds modules at the end. */
  append(...modules: readonly M[]): this {
    this.modules.push(...modules);
    return this;
  }

  forward(): never {
    throw new ArgumentError('ModuleList: it was called; it has no order of its own; call the modules in it, or use Sequential.');
  }

  override stateName(): string {
    return '';
  }

  protected override className(): string {
    return 'ModuleList';
  }
}
